// DO NOT EDIT: made from dashboard/ by scripts/generate-dashboard.py.
// swift-format-ignore-file

/// The files of the dashboard.
enum DashboardFiles {
static let all: [(path: String, type: String, text: String)] = [
("css/components.css", "text/css; charset=utf-8", #"""
.icon { width: 1em; height: 1em; flex: none; }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); min-width: 0; }

section.card { overflow: hidden; }

.card-head {
  display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; padding: 0.7rem 1rem; border-bottom: 1px solid var(--line);
}

.pad { padding: 0.9rem 1rem; }

.pad-x { padding: 0 1rem 0.8rem; }

.small { font-size: 0.85rem; }

.hint { font-size: 0.83rem; color: var(--muted); }

.tag {
  display: inline-block; padding: 0.05rem 0.5rem; margin: 0.1rem 0.25rem 0.1rem 0; border-radius: 5px; background: var(--raised); border: 1px solid var(--line);
  color: var(--text); font-size: 0.83rem;
}

.state { display: grid; justify-items: center; gap: 0.5rem; padding: 2.4rem 1rem; text-align: center; color: var(--muted); }

.state strong { color: var(--text); }

.state[data-tone="bad"] strong { color: var(--bad); }

.spinner { width: 1.4rem; height: 1.4rem; border-radius: 50%; border: 2.5px solid var(--line); border-top-color: var(--accent); animation: turn 0.9s linear infinite; }

@keyframes turn { to { transform: rotate(1turn); } }

/* Buttons */
.button {
  position: relative; display: inline-flex; align-items: center; justify-content: center; gap: 0.45rem; min-height: 2.3rem; padding: 0.35rem 0.85rem; border: 1px solid var(--line-strong);
  border-radius: 6px; background: var(--surface); color: var(--text); font-weight: 550; cursor: pointer; white-space: nowrap;
}

.button:hover { background: var(--raised); text-decoration: none; }

.button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }

.button.primary:hover { filter: brightness(1.1); }

.button.danger { color: var(--bad); border-color: currentColor; }

.button.danger:hover { background: var(--bad-ground); }

.button.quiet { border-color: transparent; background: none; color: var(--muted); }

.button.quiet:hover { background: var(--raised); color: var(--text); }

.button.small { min-height: 1.9rem; padding: 0.15rem 0.6rem; font-size: 0.87rem; }

.button[aria-disabled="true"], .button:disabled { background: var(--raised); border-color: var(--line); color: var(--muted); cursor: not-allowed; filter: none; }

.link { border: 0; background: none; padding: 0; color: inherit; text-decoration: underline; cursor: pointer; text-align: left; }

/* States */
.badge {
  display: inline-flex; align-items: center; gap: 0.3rem; padding: 0.08rem 0.5rem 0.08rem 0.4rem; border-radius: 99px; font-size: 0.82rem; font-weight: 550;
  background: var(--idle-ground); color: var(--idle); white-space: nowrap;
}

.badge.large { font-size: 0.92rem; padding: 0.2rem 0.75rem 0.2rem 0.6rem; }

.badge[data-tone="good"], .kind[data-tone="good"] { background: var(--good-ground); color: var(--good); }

.badge[data-tone="busy"], .kind[data-tone="busy"] { background: var(--busy-ground); color: var(--busy); }

.badge[data-tone="bad"], .kind[data-tone="bad"] { background: var(--bad-ground); color: var(--bad); }

.badge[data-tone="warn"], .kind[data-tone="warn"] { background: var(--warn-ground); color: var(--warn); }

.kind { padding: 0.05rem 0.45rem; border-radius: 5px; background: var(--idle-ground); color: var(--idle); font-size: 0.83rem; white-space: nowrap; }

.badge + .badge { margin-left: 0.3rem; }

weft-progress { display: flex; align-items: center; gap: 0.7rem; min-width: 0; }

.progress-bar { display: flex; flex: 1 1 5rem; min-width: 4rem; height: 0.5rem; border-radius: 99px; overflow: hidden; background: var(--fill-idle); }

.progress-bar > * { width: 0; }

.progress-bar [data-state="succeeded"] { background: var(--fill-good); }

.progress-bar [data-state="failed"] { background: var(--fill-bad); }

.progress-bar [data-state="cancelled"] { background: var(--fill-gone); }

.progress-bar [data-state="running"] { background: var(--fill-busy); }

.progress-text { font-size: 0.83rem; color: var(--muted); white-space: nowrap; }

.meter { display: grid; gap: 0.2rem; min-width: 0; }

.meter-bar { height: 0.35rem; border-radius: 99px; background: var(--fill-idle); overflow: hidden; max-width: 12rem; }

.meter-fill { display: block; height: 100%; background: var(--fill-busy); width: 0; }

.meter-text { font-size: 0.83rem; color: var(--muted); white-space: nowrap; }

.facts { display: grid; gap: 0.55rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }

.facts > div { min-width: 0; }

.facts dt { font-size: 0.8rem; color: var(--muted); }

.facts dd { overflow-wrap: anywhere; }

code.block { display: block; white-space: pre-wrap; max-height: 12rem; overflow: auto; }

.why, .note { border-radius: var(--radius); background: var(--idle-ground); color: var(--text); }

.why { display: grid; gap: 0.4rem; padding: 0.9rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--fill-gone); }

.why[data-tone="bad"] { background: var(--bad-ground); border-left-color: var(--fill-bad); }

.why[data-tone="good"] { background: var(--good-ground); border-left-color: var(--fill-good); }

.note { padding: 0.45rem 0.7rem; margin-bottom: 0.8rem; font-size: 0.9rem; }

.note[data-tone="good"] { background: var(--good-ground); color: var(--good); }

.note[data-tone="bad"] { background: var(--bad-ground); color: var(--bad); }

.note[data-tone="warn"] { background: var(--warn-ground); color: var(--warn); }

.suggestion { padding: 0.4rem 0.7rem; border-radius: 6px; background: var(--surface); border: 1px solid var(--line); font-size: 0.93rem; }

.reasons { display: grid; gap: 0.25rem; font-size: 0.9rem; }

.why .muted { color: var(--text); }

.command { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-top: 0.7rem; }

.command code { padding: 0.35rem 0.6rem; border-radius: 6px; background: var(--raised); border: 1px solid var(--line); overflow-wrap: anywhere; color: var(--text); }

/* Tabs, chips, fields */
.tabs { display: flex; gap: 0.2rem; border-bottom: 1px solid var(--line); margin-bottom: 1rem; overflow-x: auto; }

.tabs [role="tab"] { padding: 0.5rem 0.9rem; border: 0; border-bottom: 2px solid transparent; background: none; color: var(--muted); font-weight: 550; cursor: pointer; }

.tabs [role="tab"]:hover { color: var(--text); }

.tabs [aria-selected="true"] { color: var(--accent); border-bottom-color: currentColor; }

.tabs [role="tab"]:focus-visible { outline-offset: -2px; }

.chips { display: flex; flex-wrap: wrap; gap: 0.35rem; align-items: center; }

.chip { min-height: 1.9rem; padding: 0.1rem 0.7rem; border-radius: 99px; border: 1px solid var(--line-strong); background: var(--surface); color: var(--muted); font-size: 0.87rem; cursor: pointer; }

.chip:hover { color: var(--text); background: var(--raised); }

.chip[aria-pressed="true"] { background: var(--accent-ground); border-color: var(--accent); color: var(--accent); font-weight: 600; }

.filters { display: flex; flex-wrap: wrap; gap: 0.7rem 1rem; align-items: end; margin-bottom: 0.9rem; }

.filters .field { flex-direction: row; align-items: center; gap: 0.5rem; }

.filters .input { width: 11rem; min-height: 1.9rem; padding: 0.1rem 0.5rem; }

.filters .input.short { width: 6rem; }

.field { display: flex; flex-direction: column; gap: 0.25rem; min-width: 0; }

.field > label, legend { font-size: 0.87rem; font-weight: 600; }

.input {
  width: 100%; min-width: 0; min-height: 2.3rem; padding: 0.35rem 0.6rem; border: 1px solid var(--line-strong); border-radius: 6px; background: var(--surface); color: var(--text);
}

.input::placeholder { color: var(--muted); opacity: 1; }

.input[aria-invalid="true"] { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }

textarea.input { resize: vertical; line-height: 1.45; }

.field-problem { color: var(--bad); font-size: 0.87rem; }

.field-problem:empty { display: none; }

.check { display: inline-flex; gap: 0.45rem; align-items: center; font-size: 0.9rem; }

.checks { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; }

input[type="checkbox"] { width: 1.05rem; height: 1.05rem; accent-color: var(--accent); }

/* Dialogs and messages */
.dialog { max-width: 30rem; padding: 1.3rem 1.4rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); color: var(--text); }

.dialog::backdrop { background: rgb(10 14 20 / 45%); }

.dialog p { margin: 0.6rem 0 1.2rem; }

.end { justify-content: flex-end; text-align: right; }

.toasts { position: fixed; z-index: 30; bottom: 1rem; right: 1rem; display: grid; gap: 0.5rem; max-width: min(26rem, calc(100vw - 2rem)); }

.toast { padding: 0.6rem 0.9rem; border-radius: 8px; background: var(--text); color: var(--surface); font-size: 0.92rem; box-shadow: 0 4px 16px rgb(0 0 0 / 20%); }

/* Tables */

.table .amount { text-align: right; font-variant-numeric: tabular-nums; }

/* Unseen texts within would widen the page. */
.scroll { position: relative; overflow-x: auto; }

.table { width: 100%; min-width: 34rem; border-collapse: collapse; font-size: 0.92rem; }

.table th, .table td { padding: 0.5rem 1rem; text-align: left; border-top: 1px solid var(--line); font-weight: 400; vertical-align: middle; }

.table thead th, .table thead td { border-top: 0; font-size: 0.8rem; color: var(--muted); white-space: nowrap; background: var(--surface); }

.table tbody th { font-weight: 550; white-space: nowrap; }

/* Lists that draw what is in sight */
weft-list { --row: 46px; display: block; position: relative; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; }

.card > weft-list { border: 0; border-radius: 0; }

.list-view { height: 100%; overflow: auto; contain: strict; }

.list-view:focus-visible { outline-offset: -2px; }

.list-body { position: relative; }

.list-top { position: sticky; top: 0; z-index: 1; background: var(--surface); }

.list-row { display: grid; align-items: center; gap: 0.9rem; padding: 0 1rem; height: var(--row); border-bottom: 1px solid var(--line); font-size: 0.92rem; }

.list-body .list-row { position: absolute; left: 0; right: 0; top: 0; cursor: pointer; }

.list-body .list-row:hover { background: var(--raised); }

.list-row > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.list-row .c-name { display: flex; gap: 0.5rem; align-items: baseline; }

.list-row .c-name > * { overflow: hidden; text-overflow: ellipsis; }

.list-row .c-name > span { flex: none; }

.list-row .c-name > a { font-weight: 550; }

.list-row a:focus-visible { outline-offset: -2px; }

.list-head { --row: 34px; font-size: 0.8rem; color: var(--muted); }

.list-empty { position: absolute; inset: 34px 0 0; background: var(--surface); }

.list-place { height: calc(100dvh - 15rem); min-height: 20rem; }

.list-place > weft-list { height: 100%; }

.list-foot { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: 0.6rem 0.2rem; min-height: 3rem; font-size: 0.87rem; }

/* Charts */
weft-chart { display: flex; flex-direction: column; padding: 0.9rem 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }

weft-chart h2 { font-size: 0.87rem; color: var(--muted); font-weight: 600; }

.figures { display: flex; flex-wrap: wrap; gap: 0 1.4rem; margin: 0.15rem 0 0.5rem; }

.figure { display: flex; align-items: baseline; gap: 0.4rem; font-size: 0.83rem; color: var(--muted); }

.figure strong { font-size: 1.5rem; line-height: 1.3; font-weight: 650; color: var(--text); letter-spacing: -0.02em; }

.figure span::before { content: ""; display: inline-block; width: 0.6rem; height: 0.2rem; border-radius: 2px; margin-right: 0.35rem; vertical-align: middle; background: var(--tone, var(--fill-busy)); }

.figure[data-tone="good"] { --tone: var(--fill-good); }

.figure[data-tone="warn"] { --tone: var(--fill-warn); }

.figure[data-tone="bad"] { --tone: var(--fill-bad); }

.chart-picture { position: relative; margin-top: auto; }

.chart-picture svg { display: block; width: 100%; height: 4.5rem; }

.chart-top { position: absolute; top: 0.45rem; left: 0; font-size: 0.72rem; color: var(--muted); background: var(--surface); padding-right: 0.3rem; }

.chart-grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; fill: none; }

.chart-line { stroke: var(--fill-busy); stroke-width: 1.8; vector-effect: non-scaling-stroke; stroke-linejoin: round; }

.chart-line[data-tone="good"] { stroke: var(--fill-good); }

.chart-line[data-tone="warn"] { stroke: var(--fill-warn); }

.chart-line[data-tone="bad"] { stroke: var(--fill-bad); }

.chart-area { fill: var(--fill-busy); opacity: 0.13; }

.chart-area[data-tone="good"] { fill: var(--fill-good); }

.chart-area[data-tone="warn"] { fill: var(--fill-warn); }

.chart-area[data-tone="bad"] { fill: var(--fill-bad); }

.chart-table { margin-top: 0.4rem; font-size: 0.83rem; color: var(--muted); }

.chart-table summary { cursor: pointer; width: fit-content; }

.chart-table .scroll { max-height: 12rem; overflow: auto; }

.chart-table table { width: 100%; border-collapse: collapse; }

.chart-table th, .chart-table td { padding: 0.15rem 0.6rem 0.15rem 0; text-align: left; font-weight: 400; }

.sparkline { width: 100%; max-width: 22rem; height: 2.6rem; display: block; }

/* Squares of tasks */
weft-grid { display: block; position: relative; }

.grid-box { margin: 0 1rem; max-height: 26rem; overflow-y: auto; position: relative; }

.grid-box canvas { display: block; cursor: pointer; }

.grid-tip { padding: 0.4rem 1rem 0; font-size: 0.85rem; color: var(--muted); }

weft-grid { padding-bottom: 2rem; }

.grid-tip { position: absolute; bottom: 0.45rem; left: 0; padding: 0 1rem; }

.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; padding: 0.8rem 1rem; font-size: 0.85rem; color: var(--muted); }

.legend li { display: flex; align-items: center; gap: 0.4rem; }

.swatch { width: 0.8rem; height: 0.8rem; border-radius: 2px; background: var(--fill-idle); }

.swatch[data-state="running"] { background: var(--fill-busy); }

.swatch[data-state="succeeded"] { background: var(--fill-good); }

.swatch[data-state="failed"] { background: linear-gradient(var(--fill-bad) 40%, var(--surface) 40% 60%, var(--fill-bad) 60%); }

.swatch[data-state="cancelled"] { background: var(--fill-gone); }

.swatch[data-state="disagreed"] { background: linear-gradient(135deg, var(--fill-good) 50%, var(--fill-warn) 50%); }

/* Timeline */
weft-timeline { display: block; padding: 0.9rem 1rem; }

.timeline-row, .timeline-axis { display: grid; grid-template-columns: minmax(7rem, 14rem) 1fr 5.5rem; gap: 0.8rem; align-items: center; font-size: 0.87rem; }

.timeline-row { min-height: 1.8rem; }

.timeline-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.timeline-track { position: relative; height: 1rem; border-radius: 4px; background: var(--raised); overflow: hidden; }

.timeline-bar { position: absolute; top: 0; bottom: 0; border-radius: 4px; background: var(--fill-busy); }

.timeline-bar[data-tone="good"] { background: var(--fill-good); }

.timeline-bar[data-tone="bad"] { background: var(--fill-bad); }

.timeline-bar[data-tone="warn"] { background: repeating-linear-gradient(-45deg, var(--fill-warn) 0 6px, var(--warn-ground) 6px 9px); }

.timeline-length { text-align: right; color: var(--muted); }

.timeline-axis { grid-template-columns: auto auto; justify-content: space-between; margin: 0.2rem 6.3rem 0 calc(min(14rem, 30%) + 0.8rem); font-size: 0.78rem; color: var(--muted); }

/* Logs, files, comparison */
weft-log { display: block; }

.log-bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1.2rem; align-items: center; justify-content: space-between; padding: 0.6rem 1rem; border-bottom: 1px solid var(--line); font-size: 0.87rem; }

.log-lines { height: 24rem; overflow: auto; padding: 0.5rem 0; font-family: var(--mono); font-size: 0.83rem; line-height: 1.5; overflow-wrap: anywhere; }

.log-lines:focus-visible, .preview-text:focus-visible { outline-offset: -2px; }

.log-line { display: flex; gap: 0.7rem; padding: 0 1rem; }

.log-text { white-space: pre-wrap; min-width: 0; }

.log-task { flex: none; min-width: 3.5rem; text-align: right; }

.log-stream { color: var(--warn); flex: none; }

.files { display: grid; }

.file + .file { border-top: 1px solid var(--line); }

.file-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.9rem; padding: 0.55rem 1rem; background: var(--raised); }

.file-head .button { margin-left: auto; }

.preview-text { padding: 0.8rem 1rem; max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; }

.preview-image { display: block; max-width: 100%; max-height: 30rem; margin: 0.8rem auto; image-rendering: auto; background: repeating-conic-gradient(var(--raised) 0 25%, var(--surface) 0 50%) 0 0 / 16px 16px; }

.compare { overflow-x: auto; }

.compare-table { width: 100%; min-width: calc(7rem + var(--answers) * 15rem); border-collapse: collapse; table-layout: fixed; }

.compare-table th, .compare-table td { border-top: 1px solid var(--line); border-left: 1px solid var(--line); vertical-align: top; text-align: left; font-weight: 400; padding: 0; }

.compare-table tr > :first-child { border-left: 0; width: 8.5rem; }

.compare-table thead th { padding: 0.7rem 1rem; border-top: 0; }

.compare-table thead td { border-top: 0; }

.compare-table thead th > * { margin-right: 0.5rem; }

.answer-name { font-weight: 650; }

.compare-table tbody th { padding: 0.8rem 1rem; font-weight: 550; overflow-wrap: anywhere; }

.compare-table tbody th .hint { display: block; font-weight: 400; }

.compare-table tr[data-differs="true"] th .hint { color: var(--warn); font-weight: 600; }

mark { background: var(--warn-ground); color: var(--warn); }

@media (max-width: 820px) {
  /* Rows become cards, of one height so that they can still be placed without measuring. */
  .list-top { display: none; }

  .facts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 9rem), 1fr)); }

  .list-empty { inset: 0; }

  .list-place { height: calc(100dvh - 19rem); }

  .filters { align-items: stretch; flex-direction: column; }

  .filters .field > label { flex: none; }

  .filters .field > .input { flex: 1; width: auto; }

  .timeline-row { grid-template-columns: minmax(5rem, 8rem) 1fr 4rem; gap: 0.5rem; }

  .timeline-name .muted { display: none; }

  .timeline-axis { margin: 0.2rem 4.5rem 0 8.5rem; }

  .log-task { min-width: 2.5rem; }
}

"""#),
("css/layout.css", "text/css; charset=utf-8", #"""
/* The shell: navigation beside the page, above it on narrow screens. */
weft-app { display: block; }

.shell { display: grid; grid-template-columns: 15rem minmax(0, 1fr); min-height: 100dvh; }

.skip {
  position: absolute; left: 0.5rem; top: -4rem; z-index: 20; padding: 0.5rem 0.9rem; border-radius: var(--radius);
  background: var(--accent); color: var(--on-accent);
}

.skip:focus { top: 0.5rem; }

.side {
  position: sticky; top: 0; height: 100dvh; display: flex; flex-direction: column; gap: 1.25rem; padding: 1.1rem 0.8rem;
  background: var(--surface); border-right: 1px solid var(--line); overflow-y: auto;
}

.brand { display: flex; align-items: center; gap: 0.6rem; padding: 0 0.5rem; font-size: 1.1rem; font-weight: 680; color: var(--text); }

.brand:hover { text-decoration: none; }

.brand svg { width: 1.75rem; height: 1.75rem; }

.side nav ul { display: grid; gap: 2px; }

.side nav a {
  display: flex; align-items: center; gap: 0.7rem; padding: 0.45rem 0.6rem; border-radius: 6px; color: var(--muted); font-weight: 500;
}

.side nav a:hover { background: var(--raised); color: var(--text); text-decoration: none; }

.side nav a[aria-current="page"] { background: var(--accent-ground); color: var(--accent); }

.side nav svg { width: 1.15rem; height: 1.15rem; flex: none; }

.side nav .count { margin-left: auto; }

.who { margin-top: auto; display: grid; gap: 0.7rem; padding: 0.8rem 0.5rem 0; border-top: 1px solid var(--line); font-size: 0.87rem; }

.who .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }

.who .row { display: flex; align-items: center; gap: 0.5rem; flex-wrap: wrap; }

.who .button { margin-left: -0.6rem; }

.link-state { display: inline-flex; align-items: center; gap: 0.45rem; color: var(--muted); font-size: 0.84rem; }

.link-state::before { content: ""; width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--fill-gone); flex: none; }

.link-state[data-state="open"]::before { background: var(--fill-good); }

.link-state[data-state="waiting"]::before, .link-state[data-state="connecting"]::before { background: var(--fill-warn); animation: breathe 1.4s infinite; }

@keyframes breathe { 50% { opacity: 0.25; } }

.button.menu { display: none; }

main { padding: 1.6rem clamp(1rem, 3vw, 2.5rem) 3rem; min-width: 0; max-width: 100rem; width: 100%; }

main:focus { outline: none; }

.page-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem; margin-bottom: 1.25rem; }

.page-head .grow { flex: 1 1 11rem; min-width: 0; }

.page-head .crumbs { flex-basis: 100%; font-size: 0.87rem; color: var(--muted); }

.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }

.stack { display: grid; gap: 1.1rem; }

.stack > *, .columns > * { min-width: 0; }

.columns { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); align-items: start; }

.banner {
  display: flex; gap: 0.7rem; align-items: center; flex-wrap: wrap; padding: 0.5rem clamp(1rem, 3vw, 2.5rem); background: var(--warn-ground);
  color: var(--warn); font-size: 0.9rem; border-bottom: 1px solid var(--line);
}

@media (max-width: 820px) {
  .shell { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto 1fr; }

  .side {
    position: sticky; z-index: 10; height: auto; max-height: 100dvh; flex-direction: row; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.8rem;
    padding: 0.55rem 0.8rem; border-right: 0; border-bottom: 1px solid var(--line);
  }

  .button.menu { display: inline-flex; margin-left: auto; }

  .side nav, .side .who { flex-basis: 100%; display: none; }

  .side.open nav { display: block; }

  .side.open .who { display: grid; margin-top: 0; padding-bottom: 0.5rem; }

  main { padding-top: 1.1rem; }
}

"""#),
("css/pages.css", "text/css; charset=utf-8", #"""
/* Login */
.login { display: grid; place-content: center; justify-items: center; gap: 1.2rem; min-height: 100dvh; max-width: none; padding: 1rem; }

.login-mark svg { width: 3rem; height: 3rem; display: block; }

.login-form { display: grid; gap: 1.1rem; width: min(25rem, calc(100vw - 2rem)); padding: 1.6rem; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }

.login-form details { font-size: 0.9rem; color: var(--muted); }

.login-form details p { margin-top: 0.5rem; }

.login-form summary { cursor: pointer; }

/* Overview */
weft-overview { display: grid; gap: 1.1rem; }

weft-overview > * { min-width: 0; }

weft-overview .page-head { margin-bottom: 0; }

weft-overview > .muted { font-size: 0.87rem; margin-top: -0.6rem; }

.charts { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13.5rem), 1fr)); }

.rows > .row-item { display: grid; grid-template-columns: 1fr auto; gap: 0.15rem 0.8rem; align-items: center; padding: 0.65rem 1rem; }

.rows > .row-item + .row-item { border-top: 1px solid var(--line); }

.rows > .row-item > .badge { justify-self: end; }

.row-title { font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.row-item weft-progress { min-width: 11rem; justify-content: flex-end; }

.row-item .progress-bar { flex: 0 1 7rem; }

.rows > .row-item.attention { grid-template-columns: minmax(0, 1fr); gap: 0.3rem; border-left: 3px solid var(--fill-gone); }

.attention p { font-size: 0.9rem; }

.rows > .attention[data-tone="bad"] { border-left-color: var(--fill-bad); }

.rows > .attention[data-tone="warn"] { border-left-color: var(--fill-warn); }

/* Lists */
.jobs-list .list-row { grid-template-columns: minmax(9rem, 2.2fr) 7.5rem minmax(11rem, 2fr) minmax(5rem, 1fr) minmax(6rem, 1fr) 6rem; }

.tasks-list { height: 26rem; }

.tasks-list .list-row { grid-template-columns: 7rem 8rem 9rem 12rem minmax(8rem, 1fr); }

.nodes-list { --row: 54px; }

.nodes-list .list-row { grid-template-columns: minmax(9rem, 1.6fr) 8rem minmax(7rem, 1fr) minmax(9rem, 1.2fr) 5rem 5rem minmax(7rem, 1.6fr) 7rem; }

.nodes-list .c-name { flex-direction: column; gap: 0; }

.events-list { --row: 36px; }

.events-list .list-row { grid-template-columns: 5rem 9.5rem minmax(7rem, 10rem) minmax(10rem, 1fr); }

.events-list .list-body .list-row { cursor: default; }

/* Job */
weft-job .card.pad { display: grid; gap: 0.9rem; }

weft-job > .stack > .page-head, weft-node .page-head { margin-bottom: 0; }

weft-job .card.pad > weft-progress .progress-bar { height: 0.8rem; }

weft-tasks { display: grid; gap: 1.1rem; }

weft-tasks .card-head { border-bottom: 1px solid var(--line); }

weft-tasks .muted.pad-x { padding-top: 0.6rem; }

.notes { display: grid; gap: 0.35rem; padding-left: 2rem; list-style: disc; font-size: 0.92rem; }

weft-task .table { min-width: 48rem; }

/* Submit */
.submit-bar { max-width: 26rem; margin-bottom: 1rem; }

.submit-foot {
  position: sticky; bottom: 0; display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; align-items: center; padding: 0.8rem 4px; margin: 1rem -4px 0; background: var(--ground);
  border-top: 1px solid var(--line);
}

.cells { display: grid; gap: 1.1rem 1.4rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); align-items: start; }

.cells.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }

.job-form > .cells > .cell[data-key="resources"], .job-form > .cells > .cell[data-key="verification"],
.job-form > .cells > .cell[data-key="inputs"], .job-form > .cells > .cell[data-key="outputs"], .more .cell[data-key="requirements"] { grid-column: 1 / -1; }

.group { display: grid; gap: 0.7rem; }

.job-form .cell > .group { padding-left: 0.9rem; border-left: 2px solid var(--line); }

.group > legend { margin-bottom: 0.3rem; }

.group > .hint { margin-top: -0.5rem; }

.group > .button { justify-self: start; }

.group .cells { gap: 0.8rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); }

.items { display: grid; gap: 0.5rem; }

.items:empty { display: none; }

.item { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.5rem; align-items: start; }

.item.pair { grid-template-columns: minmax(0, 1fr) minmax(0, 2fr) auto; }

.item > .group { padding: 0.7rem; border: 1px solid var(--line); border-radius: 6px; }

.choice { display: grid; gap: 0.35rem; }

.shape-row .shape { width: auto; min-height: 1.8rem; padding: 0.1rem 0.4rem; font-size: 0.83rem; color: var(--muted); border-color: var(--line); }

.upload { display: grid; gap: 0.2rem; }

.upload .input, input[type="file"].input { font-size: 0.83rem; padding: 0.2rem; }

.more > summary { padding: 0.8rem 1rem; cursor: pointer; font-weight: 600; }

.more > summary .muted { font-weight: 400; }

.more[open] > summary { border-bottom: 1px solid var(--line); }

.editor { min-height: 22rem; font-size: 0.87rem; }

.problems:not(:empty) { display: grid; gap: 0.4rem; margin-bottom: 1rem; padding: 0.8rem 1rem; border-radius: var(--radius); background: var(--bad-ground); color: var(--bad); border-left: 4px solid var(--fill-bad); }

.problems ul { display: grid; gap: 0.2rem; }

/* Tokens */
weft-tokens .table { min-width: 0; }

.inline-form { display: grid; gap: 0.8rem 1rem; grid-template-columns: minmax(10rem, 1fr) minmax(10rem, 2fr) auto; align-items: end; }

.inline-form .field-problem { grid-column: 1 / -1; }

@media (max-width: 820px) {
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.7rem; }

  .charts weft-chart { padding: 0.7rem 0.8rem; }

  .inline-form { grid-template-columns: minmax(0, 1fr); }

  .inline-form .button { justify-self: start; }

  .jobs-list { --row: 92px; }

  .jobs-list .list-body .list-row { grid-template-columns: 1fr auto; gap: 0.1rem 0.8rem; align-content: center; }

  .jobs-list .list-body .c-progress { grid-column: 1 / -1; }

  .jobs-list .list-body .c-took { display: none; }

  .jobs-list .list-body .c-when { text-align: right; }

  .jobs-list .list-body .c-by, .jobs-list .list-body .c-when { font-size: 0.83rem; color: var(--muted); }

  .tasks-list { --row: 72px; }

  .tasks-list .list-body .list-row { grid-template-columns: 1fr auto auto; gap: 0.1rem 0.6rem; align-content: center; }

  .tasks-list .list-body .c-when { display: none; }

  .tasks-list .list-body .c-reason { grid-column: 1 / -1; font-size: 0.85rem; color: var(--muted); }

  .nodes-list { --row: 172px; }

  .nodes-list .list-body :is(.c-cpu, .c-memory, .c-reputation)::before { content: attr(data-label); font-size: 0.78rem; color: var(--muted); }

  .nodes-list .list-body .c-drivers { order: 1; align-self: end; }

  .nodes-list .list-body .list-row { grid-template-columns: 1fr 1fr; gap: 0.3rem 0.8rem; align-content: center; }

  .nodes-list .list-body .c-state { text-align: right; }

  .nodes-list .list-body :is(.c-reached, .c-attempts) { display: none; }

  .nodes-list .list-body .c-drivers { font-size: 0.83rem; color: var(--muted); }

  .events-list { --row: 64px; }

  .events-list .list-body .list-row { grid-template-columns: 4.6rem auto 1fr; gap: 0.1rem 0.6rem; align-content: center; }

  .events-list .list-body .c-what { grid-column: 1 / -1; font-size: 0.85rem; color: var(--muted); }

  .compare-table tr > :first-child { width: 6rem; }
}

"""#),
("css/reference.css", "text/css; charset=utf-8", #"""
/* The reference of the API, a page of its own. */
.skip {
  position: absolute; left: 0.5rem; top: -4rem; z-index: 20; padding: 0.5rem 0.9rem; border-radius: var(--radius);
  background: var(--accent); color: var(--on-accent);
}

.skip:focus { top: 0.5rem; }

:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }

header { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: baseline; padding: 1rem clamp(1rem, 3vw, 2rem); background: var(--surface); border-bottom: 1px solid var(--line); }

.columns { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }

nav { position: sticky; top: 0; max-height: 100dvh; overflow-y: auto; padding: 1.2rem 1rem 2rem clamp(1rem, 3vw, 2rem); font-size: 0.87rem; }

nav h2 { margin-top: 1rem; font-size: 0.83rem; color: var(--muted); }

nav a { display: block; padding: 0.2rem 0; color: var(--text); }

main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.2rem; padding: 1.2rem clamp(1rem, 3vw, 2rem) 4rem; max-width: 62rem; }

main:focus { outline: none; }

main > h2 { margin-top: 1rem; font-size: 1.2rem; }

article { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.6rem; padding: 1rem; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); scroll-margin-top: 1rem; }

article h3 { font-size: 1rem; }

article h4 { margin: 0.4rem 0 0; font-size: 0.87rem; }

.call { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; overflow-wrap: anywhere; }

.method { padding: 0.05rem 0.5rem; border-radius: 5px; background: var(--busy-ground); color: var(--busy); font-family: var(--mono); font-size: 0.8rem; font-weight: 650; }

.method.post, .method.put { background: var(--good-ground); color: var(--good); }

.method.delete { background: var(--bad-ground); color: var(--bad); }

.muted { color: var(--muted); }

.scroll { overflow-x: auto; }

table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }

th, td { padding: 0.35rem 0.8rem 0.35rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }

thead th { border-top: 0; color: var(--muted); font-size: 0.8rem; font-weight: 600; }

tbody th { font-weight: 600; white-space: nowrap; }

pre { padding: 0.7rem 0.9rem; border-radius: 6px; background: var(--raised); overflow-x: auto; max-height: 30rem; }

summary { cursor: pointer; color: var(--accent); font-size: 0.9rem; }

main > p, article > p { max-width: 46rem; }

@media (max-width: 52rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-height: none; padding-bottom: 0; }
}

"""#),
("css/theme.css", "text/css; charset=utf-8", #"""
/* Colours by what they mean. Every text colour has a contrast of at least 4.5 on every ground it is used on: the tests
   measure it. The dark values come twice, as CSS has no way to share them between a media query and a choice. */
:root {
  color-scheme: light;
  --ground: #f5f6f8;
  --surface: #ffffff;
  --raised: #f0f2f5;
  --line: #dce0e6;
  --line-strong: #8a94a2;
  --text: #18202b;
  --muted: #525d6b;
  --accent: #4046b8;
  --accent-ground: #eceefb;
  --on-accent: #ffffff;
  --focus: #4046b8;
  --good: #17663a;
  --good-ground: #e2f3e8;
  --busy: #17549c;
  --busy-ground: #e3eefb;
  --bad: #a3211f;
  --bad-ground: #fbe7e5;
  --warn: #7f4700;
  --warn-ground: #fcefd8;
  --idle: #505a67;
  --idle-ground: #e9ecf0;
  --fill-good: #37a268;
  --fill-busy: #3f86e0;
  --fill-bad: #d64a45;
  --fill-warn: #e2a02a;
  --fill-idle: #cbd2da;
  --fill-gone: #8e98a6;
  --shadow: 0 1px 2px rgb(20 30 45 / 6%), 0 1px 3px rgb(20 30 45 / 5%);
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --radius: 8px;
}

@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    color-scheme: dark;
    --ground: #0f1318;
    --surface: #161b22;
    --raised: #1e252e;
    --line: #2a323d;
    --line-strong: #6b7787;
    --text: #e5e9ef;
    --muted: #9ca8b6;
    --accent: #a9b0ff;
    --accent-ground: #23284a;
    --on-accent: #14172e;
    --focus: #a9b0ff;
    --good: #83d8a5;
    --good-ground: #142e20;
    --busy: #8fc0ff;
    --busy-ground: #15294a;
    --bad: #ff9d97;
    --bad-ground: #3c1a1a;
    --warn: #f2c16b;
    --warn-ground: #37280f;
    --idle: #aab5c2;
    --idle-ground: #252d37;
    --fill-good: #3fae72;
    --fill-busy: #4b8fe6;
    --fill-bad: #e0605b;
    --fill-warn: #dba23a;
    --fill-idle: #3a4552;
    --fill-gone: #6d7886;
    --shadow: none;
  }
}

:root[data-theme="dark"] {
  color-scheme: dark;
  --ground: #0f1318;
  --surface: #161b22;
  --raised: #1e252e;
  --line: #2a323d;
  --line-strong: #6b7787;
  --text: #e5e9ef;
  --muted: #9ca8b6;
  --accent: #a9b0ff;
  --accent-ground: #23284a;
  --on-accent: #14172e;
  --focus: #a9b0ff;
  --good: #83d8a5;
  --good-ground: #142e20;
  --busy: #8fc0ff;
  --busy-ground: #15294a;
  --bad: #ff9d97;
  --bad-ground: #3c1a1a;
  --warn: #f2c16b;
  --warn-ground: #37280f;
  --idle: #aab5c2;
  --idle-ground: #252d37;
  --fill-good: #3fae72;
  --fill-busy: #4b8fe6;
  --fill-bad: #e0605b;
  --fill-warn: #dba23a;
  --fill-idle: #3a4552;
  --fill-gone: #6d7886;
  --shadow: none;
}

*, *::before, *::after { box-sizing: border-box; }

html { font: 15px/1.5 var(--sans); color: var(--text); background: var(--ground); -webkit-text-size-adjust: 100%; }

body { margin: 0; min-height: 100dvh; overflow-wrap: break-word; }

h1, h2, h3, p, dl, dd, ul, ol, figure, fieldset, legend { margin: 0; padding: 0; }

ul, ol { list-style: none; }

fieldset { border: 0; min-width: 0; }

h1 { font-size: 1.45rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }

h2 { font-size: 1rem; font-weight: 650; }

h3 { font-size: 0.9rem; font-weight: 650; }

a { color: var(--accent); text-decoration: none; }

a:hover { text-decoration: underline; }

code, pre, .mono { font-family: var(--mono); font-size: 0.87em; }

pre { margin: 0; }

button, input, select, textarea { font: inherit; color: inherit; }

:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }

h1:focus-visible { outline-offset: 6px; }

[hidden] { display: none !important; }

.number { font-variant-numeric: tabular-nums; }

.muted { color: var(--muted); }

.unseen {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}

"""#),
("icon.svg", "image/svg+xml", #"""
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#4046b8"/><g fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"><path d="M7 11h5M18 11h7M7 21h11M24 21h1"/><path d="M11 7v11M11 24v1M21 7v1M21 14v11"/></g></svg>

"""#),
("index.html", "text/html; charset=utf-8", #"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Weft</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="css/theme.css">
<link rel="stylesheet" href="css/layout.css">
<link rel="stylesheet" href="css/components.css">
<link rel="stylesheet" href="css/pages.css">
<script src="js/theme.js"></script>
<script type="module" src="js/app.js"></script>
</head>
<body>
<noscript><p>This page needs JavaScript. The command line does without: <code>weft job list</code>.</p></noscript>
<weft-app></weft-app>
</body>
</html>

"""#),
("js/api.js", "text/javascript; charset=utf-8", #"""
// Talking to the coordinator: requests with the session's token, and its problem documents as errors.

import {session} from "./session.js";

/** What the server says of a request that failed (RFC 9457); status 0 when it does not answer at all. */
export class Problem extends Error {
  constructor(document) {
    super(document.detail || document.title || "The request failed");
    this.status = document.status ?? 0;
    this.title = document.title || "The request failed";
    this.detail = document.detail ?? "";
    this.errors = document.errors ?? [];
    this.requestID = document.request_id ?? "";
  }
}

/** What went wrong with a form, every wrong field named. */
export const problemText = (error) => error.errors?.map((each) => `${each.field}: ${each.message}`).join("; ") || error.message;

/**
 * Sends a request and gives the response; throws `Problem` for every other status than success. An abort throws
 * `AbortError`, as fetch does.
 */
export async function send(path, {method = "GET", body, type, accept, headers = {}, signal, secret} = {}) {
  const token = secret ?? session.secret;
  const fields = new Headers(headers);
  if (token) fields.set("authorization", `Bearer ${token}`);
  if (type) fields.set("content-type", type);
  if (accept) fields.set("accept", accept);
  let response;
  try {
    response = await fetch(path, {method, body, headers: fields, signal, cache: "no-store", credentials: "omit", redirect: "error"});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({status: 0, title: "The coordinator does not answer", detail: "It may be restarting, or the way to it is broken."});
  }
  if (response.ok) return response;
  const problem = new Problem({status: response.status, title: `The coordinator answered ${response.status}`, ...(await document(response))});
  // Only the token of the session can end the session.
  if (response.status === 401 && !secret) session.end("Your token is no longer accepted: it was revoked, or the coordinator has others now.");
  throw problem;
}

async function document(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

export const json = async (path, options = {}) => (await send(path, {accept: "application/json", ...options})).json();

export const post = (path, value, options = {}) =>
  json(path, {method: "POST", body: JSON.stringify(value), type: "application/json", ...options});

/** `{state: ["a", "b"], cursor: null}` as `?state=a&state=b`. */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) {
      if (each !== null && each !== undefined && each !== "" && each !== false) parameters.append(name, each);
    }
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

export const path = (strings, ...values) => String.raw({raw: strings}, ...values.map((value) => encodeURIComponent(value)));

/** At most `limit` bytes of a blob, and whether there are more. */
export async function blobStart(digest, limit, signal) {
  const response = await send(path`/api/v1/blobs/${digest}`, {headers: {range: `bytes=0-${limit - 1}`}, signal});
  const bytes = new Uint8Array(await response.arrayBuffer());
  const total = Number(response.headers.get("content-range")?.split("/")[1] ?? bytes.length);
  return {bytes: bytes.subarray(0, limit), total};
}

/** Gives bytes to the browser's downloads. */
export function save(bytes, name, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob([bytes], {type}));
  const anchor = window.document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

"""#),
("js/app.js", "text/javascript; charset=utf-8", #"""
// The shell: login, navigation, routes, and the state of the stream of events.

import {json} from "./api.js";
import {h, put, say, set} from "./dom.js";
import {icon, mark} from "./icons.js";
import {live} from "./live.js";
import {metrics} from "./metrics.js";
import {session} from "./session.js";
import {button} from "./components/ui.js";
import {empty, failure, pageHead, Page} from "./page.js";
import "./pages/overview.js";
import "./pages/jobs.js";
import "./pages/job.js";
import "./pages/nodes.js";
import "./pages/node.js";
import "./pages/submit.js";
import "./pages/events.js";
import "./pages/credits.js";
import "./pages/webhooks.js";
import "./pages/tokens.js";
import "./pages/login.js";

/** A route, its element, and its entry in the navigation. */
const ROUTES = [
  {pattern: /^$/, element: "weft-overview", entry: "overview", label: "Overview"},
  {pattern: /^jobs$/, element: "weft-jobs", entry: "jobs", label: "Jobs"},
  {pattern: /^jobs\/(?<job>[1-9]\d*)$/, element: "weft-job", section: "jobs"},
  {pattern: /^jobs\/(?<job>[1-9]\d*)\/tasks\/(?<index>\d+)$/, element: "weft-task-page", section: "jobs"},
  {pattern: /^nodes$/, element: "weft-nodes", entry: "nodes", label: "Nodes"},
  {pattern: /^nodes\/(?<node>[1-9A-HJ-NP-Za-km-z]+)$/, element: "weft-node", section: "nodes"},
  {pattern: /^submit$/, element: "weft-submit", entry: "submit", label: "Submit"},
  {pattern: /^events$/, element: "weft-events", entry: "events", label: "Events"},
  {pattern: /^credits$/, element: "weft-credits", entry: "credits", label: "Credits"},
  {pattern: /^credits\/(?<account>(?:[\w.-]|%[0-9A-Fa-f]{2})+)$/, element: "weft-statement", section: "credits"},
  {pattern: /^webhooks$/, element: "weft-webhooks", entry: "webhooks", label: "Webhooks"},
  {pattern: /^tokens$/, element: "weft-tokens", entry: "tokens", label: "Tokens"},
];

const THEMES = {
  auto: {icon: "auto", label: "Theme: as the system", next: "light"},
  light: {icon: "sun", label: "Theme: light", next: "dark"},
  dark: {icon: "moon", label: "Theme: dark", next: "auto"},
};

/** What an address says; a broken escape stands for itself. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

class App extends HTMLElement {
  #main = null;
  #banner = null;
  #bannerTimer = null;
  #isFirst = true;

  async connectedCallback() {
    session.addEventListener("change", () => this.#start());
    addEventListener("hashchange", () => this.#route());
    live.addEventListener("state", () => this.#showLink());
    if (session.secret && !session.role) {
      try {
        session.begin(session.secret, await json("/api/v1/whoami"));
      } catch (error) {
        // A token that is refused ends the session, and that shows the login; anything else can be tried again.
        if (session.secret) put(this, h("main", null, failure(error, () => location.reload())));
      }
    } else {
      this.#start();
    }
  }

  #start() {
    if (!session.secret) {
      live.stop();
      metrics.stop();
      document.title = "Log in · Weft";
      put(this, document.createElement("weft-login"));
      return;
    }
    live.start();
    metrics.start();
    this.#main = h("main", {id: "main", tabindex: -1});
    this.#banner = h("div", {class: "banner", role: "status", hidden: true});
    put(
      this, h("a", {class: "skip", href: "#main", on: {click: (event) => this.#skip(event)}}, "Skip to the content"),
      h("div", {class: "shell"}, this.#side(), h("div", null, this.#banner, this.#main)),
    );
    this.#isFirst = true;
    this.#route();
    this.#showLink();
  }

  #skip(event) {
    event.preventDefault();
    this.#main.focus();
  }

  #side() {
    const links = ROUTES.filter((route) => route.entry).map((route) => h(
      "li", null,
      h("a", {href: route.entry === "overview" ? "#/" : `#/${route.entry}`, "data-entry": route.entry}, icon(route.entry), route.label),
    ));
    const side = h("header", {class: "side"});
    const menu = h(
      "button", {type: "button", class: "button menu", "aria-expanded": "false", "aria-controls": "side-nav"}, icon("menu"), h("span", null, "Menu"),
    );
    menu.addEventListener("click", () => set(menu, "aria-expanded", String(side.classList.toggle("open"))));
    this.closeMenu = () => {
      side.classList.remove("open");
      set(menu, "aria-expanded", "false");
    };
    this.link = h("span", {class: "link-state", role: "status"});
    const theme = button("", {kind: "small quiet", action: () => this.#setTheme(theme, THEMES[this.#theme()].next)});
    this.#setTheme(theme, this.#theme());
    side.append(
      h("a", {class: "brand", href: "#/"}, mark(), "Weft"), menu,
      h("nav", {"aria-label": "Main", id: "side-nav"}, h("ul", null, links)),
      h(
        "div", {class: "who"}, this.link,
        h("div", {class: "row"}, h("span", {class: "name"}, session.name), h("span", {class: "tag"}, session.role)),
        h("div", {class: "row"}, theme, button("Log out", {symbol: "out", kind: "small quiet", action: () => session.end()})),
      ),
    );
    return side;
  }

  #theme() {
    return document.documentElement.dataset.theme ?? "auto";
  }

  #setTheme(control, theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("weft.theme", theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    const {icon: symbol, label} = THEMES[theme];
    put(control, icon(symbol), h("span", null, label));
  }

  #route() {
    if (!session.secret || !this.#main) return;
    const [pathname, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const found = ROUTES.map((route) => ({route, match: route.pattern.exec(pathname)})).find(({match}) => match);
    const section = found?.route.entry ?? found?.route.section;
    for (const link of this.querySelectorAll("[data-entry]")) set(link, "aria-current", link.dataset.entry === section ? "page" : null);
    const page = document.createElement(found?.route.element ?? "weft-missing");
    const {job, index, node, account} = found?.match.groups ?? {};
    page.parameters = {job: job && Number(job), index: index && Number(index), node, account: account && decoded(account)};
    page.search = new URLSearchParams(search);
    put(this.#main, page);
    this.closeMenu();
    scrollTo(0, 0);
    // A new page is read from its heading on; the first one is left to the browser.
    if (!this.#isFirst) focusHeading(page);
    this.#isFirst = false;
  }

  #showLink() {
    if (!this.link) return;
    const texts = {open: "Live", connecting: "Connecting…", waiting: "Reconnecting…", closed: "Not connected"};
    set(this.link, "data-state", live.state);
    say(this.link, texts[live.state]);
    clearInterval(this.#bannerTimer);
    this.#banner.hidden = live.state !== "waiting";
    if (live.state !== "waiting") return;
    const left = h("span", {"aria-live": "off"});
    const tell = () => say(left, `Trying again in ${Math.max(0, Math.ceil((live.nextTryAt - Date.now()) / 1000))} s.`);
    tell();
    this.#bannerTimer = setInterval(tell, 1000);
    put(
      this.#banner, h("strong", null, "The coordinator cannot be reached."), "What is shown may be old.", left,
      button("Try now", {kind: "small", action: () => live.retryNow()}),
    );
  }
}

/** Moves the focus to the page's heading, now or when the page has one, unless the focus has gone elsewhere by then. */
function focusHeading(page) {
  const focus = () => {
    const heading = page.querySelector("h1");
    if (heading && document.activeElement === document.body) heading.focus({preventScroll: true});
    return Boolean(heading);
  };
  // What had the focus may still be there, in the navigation.
  document.activeElement?.blur();
  if (focus()) return;
  const observer = new MutationObserver(() => {
    if (focus()) observer.disconnect();
  });
  observer.observe(page, {childList: true, subtree: true});
  page.signal.addEventListener("abort", () => observer.disconnect());
}

class Missing extends Page {
  open() {
    put(this, pageHead("No such page"), empty("This address leads nowhere", h("a", {href: "#/"}, "To the overview")));
  }
}

customElements.define("weft-missing", Missing);
customElements.define("weft-app", App);

"""#),
("js/components/chart.js", "text/javascript; charset=utf-8", #"""
// `<weft-chart>`: lines over time, as SVG, with the newest values as text and all of them as a table.

import {framed, h, put, say, svg} from "../dom.js";
import {time} from "../format.js";

const WIDTH = 320;
const HEIGHT = 72;
const TOP = 6;
/** Rows of the table. */
const LISTED = 30;

class Chart extends HTMLElement {
  #options = null;
  #samples = [];
  #shapes = null;
  #draw = framed(() => this.#render());

  /** `series`: `{key, label, tone, format}`, the first drawn with an area; `slots`: how many samples the width holds. */
  configure({title, series, slots = 150, note}) {
    this.#options = {title, series, slots};
    const figures = series.map(({label, tone}) => {
      const value = h("strong", {class: "number"}, "–");
      return {value, element: h("div", {class: "figure", "data-tone": tone}, value, h("span", null, label))};
    });
    const lines = series.map(({tone}) => svg("path", {class: "chart-line", "data-tone": tone, fill: "none"}));
    const area = svg("path", {class: "chart-area", "data-tone": series[0].tone});
    const top = h("span", {class: "chart-top number", "aria-hidden": "true"});
    const picture = svg(
      "svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title},
      svg("path", {class: "chart-grid", d: `M0 ${TOP}H${WIDTH}M0 ${(TOP + HEIGHT - 1) / 2}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}`}),
      area, lines,
    );
    const body = h("tbody");
    const details = h(
      "details", {class: "chart-table"}, h("summary", null, h("span", null, "Table"), h("span", {class: "unseen"}, ` of ${title}`)),
      h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Table of ${title}`}, h(
        "table", null, h("caption", {class: "unseen"}, title),
        h("thead", null, h("tr", null, h("th", {scope: "col"}, "Time"), series.map(({label}) => h("th", {scope: "col"}, label)))),
        body,
      )),
    );
    details.addEventListener("toggle", this.#draw);
    this.#shapes = {figures, lines, area, top, picture, details, body};
    put(
      this, h("h2", null, title), h("div", {class: "figures"}, figures.map(({element}) => element)),
      h("div", {class: "chart-picture"}, picture, top), note ? h("p", {class: "hint"}, note) : null, details,
    );
    return this;
  }

  /** Newest last: objects with `at` (milliseconds) and the series' keys. */
  set samples(samples) {
    this.#samples = samples;
    this.#draw();
  }

  #render() {
    const {series, slots} = this.#options;
    const {figures, lines, area, top, picture, details, body} = this.#shapes;
    const samples = this.#samples.slice(-slots);
    let highest = 0;
    for (const sample of samples) for (const {key} of series) highest = Math.max(highest, sample[key]);
    const scale = niceCeiling(highest);
    const x = (index) => WIDTH - (samples.length - 1 - index) * (WIDTH / (slots - 1));
    const y = (value) => HEIGHT - 1 - (value / scale) * (HEIGHT - 1 - TOP);
    series.forEach(({key}, position) => {
      const points = samples.map((sample, index) => `${x(index).toFixed(1)} ${y(sample[key]).toFixed(1)}`);
      const path = points.length > 0 ? `M${points.join("L")}` : "";
      lines[position].setAttribute("d", path);
      if (position === 0) area.setAttribute("d", path ? `${path}V${HEIGHT}H${x(0).toFixed(1)}Z` : "");
    });
    const newest = samples.at(-1);
    series.forEach(({key, format}, position) => say(figures[position].value, newest ? format(newest[key]) : "–"));
    say(top, samples.length > 0 ? series[0].format(scale) : "");
    const words = series.map(({key, label, format}) =>
      newest ? `${label}: now ${format(newest[key])}, highest ${format(Math.max(...samples.map((sample) => sample[key])))}` : label);
    picture.setAttribute("aria-label", `${this.#options.title}. ${words.join(". ")}`);
    if (!details.open) return;
    put(body, samples.slice(-LISTED).reverse().map((sample) => h(
      "tr", null, h("th", {scope: "row"}, time(new Date(sample.at).toISOString())),
      series.map(({key, format}) => h("td", {class: "number"}, format(sample[key]))),
    )));
  }
}
customElements.define("weft-chart", Chart);

/** The next of 1, 2, 5, 10, 20, … */
function niceCeiling(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

export function chart(options) {
  return document.createElement("weft-chart").configure(options);
}

/** A line without axes, for the course of one value. */
export function sparkline(values, label) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = values.length > 1 ? (index * 118) / (values.length - 1) + 1 : 60;
    return `${x.toFixed(1)} ${(26 - ((value - low) / span) * 24).toFixed(1)}`;
  });
  return svg(
    "svg", {viewBox: "0 0 120 28", preserveAspectRatio: "none", class: "sparkline", role: "img", "aria-label": label},
    svg("path", {class: "chart-line", "data-tone": "busy", fill: "none", d: `M${points.join("L")}`}),
  );
}

"""#),
("js/components/compare.js", "text/javascript; charset=utf-8", #"""
// Replicas side by side: one column for each different answer, with what differs marked.

import {h, put} from "../dom.js";
import {count, digest, sentence} from "../format.js";
import {badge} from "../states.js";
import {readBlob, showContent} from "./preview.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Above this many lines, lines are compared by their position: the exact way takes the product of both lengths. */
const EXACT_LINES = 400;

/** The answers to a task: `{answer, attempts, completion, isAgreed}`, the agreed one first, then by how many gave it. */
export function answersOf(task) {
  const groups = new Map();
  for (const attempt of task.attempts ?? []) {
    if (!attempt.answer) continue;
    if (!groups.has(attempt.answer)) {
      groups.set(attempt.answer, {
        answer: attempt.answer, attempts: [], completion: attempt.completion, isAgreed: attempt.agreed ?? attempt.answer === task.answer,
      });
    }
    groups.get(attempt.answer).attempts.push(attempt);
  }
  return [...groups.values()].sort((a, b) => b.isAgreed - a.isAgreed || b.attempts.length - a.attempts.length);
}

export function comparison(task, signal) {
  const answers = answersOf(task);
  const files = new Set();
  for (const {completion} of answers) for (const output of completion.outputs) files.add(output.path);
  const rows = [
    {name: "Exit status", show: ({completion}) => h("p", {class: "pad number"}, String(completion.exit_status))},
    ...[...files].map((name) => blobRow(name, ({outputs}) => outputs.find((output) => output.path === name)?.blob)),
    blobRow("Standard output", (completion) => completion.standard_output),
  ];
  const element = h("div", {class: "compare", tabindex: 0, role: "region", "aria-label": "Answers side by side"});
  element.style.setProperty("--answers", answers.length);
  const table = h("table", {class: "compare-table"}, h("caption", {class: "unseen"}, "Answers side by side"), h(
    "thead", null, h("tr", null, h("td"), answers.map((group, position) => h(
      "th", {scope: "col"},
      h("span", {class: "answer-name"}, `Answer ${LETTERS[position] ?? position + 1}`),
      badge(group.isAgreed ? "agreed" : "differs"),
      h("span", {class: "muted"}, `${count(group.attempts.length, "node")}: ${group.attempts.map((each) => each.node_name).join(", ")}`),
      h("code", {class: "muted"}, digest(group.answer)),
    ))),
  ));
  const body = h("tbody");
  for (const row of rows) {
    const cells = answers.map(() => h("td", null, h("p", {class: "muted pad"}, "Loading…")));
    const line = h("tr", null, h("th", {scope: "row"}, row.name), cells);
    body.append(line);
    fillRow(row, answers, cells, line, signal);
  }
  table.append(body);
  element.append(table);
  return element;
}

function blobRow(name, pick) {
  return {name, pick: ({completion}) => pick(completion)};
}

async function fillRow(row, answers, cells, line, signal) {
  if (row.show) {
    answers.forEach((group, position) => put(cells[position], row.show(group)));
    mark(line, new Set(answers.map(({completion}) => completion.exit_status)).size > 1);
    return;
  }
  const blobs = answers.map((group) => row.pick(group));
  mark(line, new Set(blobs.map((blob) => blob?.digest ?? "")).size > 1);
  try {
    const contents = await Promise.all(blobs.map((blob) => (blob ? readBlob(blob.digest, signal) : null)));
    const first = contents[0];
    contents.forEach((content, position) => {
      const label = `${row.name}, answer ${LETTERS[position]}`;
      if (!content) put(cells[position], h("p", {class: "muted pad"}, "None."));
      else if (content.kind === "text" && first?.kind === "text" && position > 0 && content.text !== first.text) {
        put(cells[position], marked(content.text, first.text, label));
      } else if (content.kind === "text" && position === 0) {
        const other = contents.find((each) => each?.kind === "text" && each.text !== content.text);
        put(cells[position], other ? marked(content.text, other.text, label) : showContent(content, label));
      } else put(cells[position], showContent(content, label));
    });
  } catch (error) {
    if (error.name === "AbortError") return;
    for (const cell of cells) put(cell, h("p", {class: "pad", role: "alert"}, sentence(error.message)));
  }
}

function mark(line, differs) {
  line.dataset.differs = String(differs);
  line.querySelector("th").append(h("span", {class: "hint"}, differs ? "differs" : "the same"));
}

/** A text in which the lines are marked that the other has not. */
function marked(text, other, label) {
  const lines = text.split("\n");
  const same = common(lines, other.split("\n"));
  return h(
    "pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": `Content of ${label}`},
    lines.map((line, at) => {
      const end = at < lines.length - 1 ? "\n" : "";
      return same[at] || line === "" ? line + end : h("mark", null, line + end);
    }),
  );
}

/** For each of `lines`, whether it is part of a longest common subsequence with `others`. */
export function common(lines, others) {
  if (lines.length > EXACT_LINES || others.length > EXACT_LINES) return lines.map((line, at) => line === others[at]);
  const lengths = Array.from({length: lines.length + 1}, () => new Uint16Array(others.length + 1));
  for (let a = lines.length - 1; a >= 0; a -= 1) {
    for (let b = others.length - 1; b >= 0; b -= 1) {
      lengths[a][b] = lines[a] === others[b] ? lengths[a + 1][b + 1] + 1 : Math.max(lengths[a + 1][b], lengths[a][b + 1]);
    }
  }
  const same = new Array(lines.length).fill(false);
  let [a, b] = [0, 0];
  while (a < lines.length && b < others.length) {
    if (lines[a] === others[b]) {
      same[a] = true;
      a += 1;
      b += 1;
    } else if (lengths[a + 1][b] >= lengths[a][b + 1]) a += 1;
    else b += 1;
  }
  return same;
}

"""#),
("js/components/definition.js", "text/javascript; charset=utf-8", #"""
// What a job says: its payload, files and policy, and the whole spec as text.

import {h} from "../dom.js";
import {bytes, count, duration, number, words} from "../format.js";
import {card, empty, facts} from "../page.js";
import {policyText} from "../policy.js";
import {file, imageType, showContent, textOf} from "./preview.js";
import {copyButton} from "./ui.js";

export function definition(spec, job, signal) {
  const [kind, payload] = Object.entries(spec.payload)[0];
  const text = JSON.stringify(spec, null, 2);
  return h(
    "div", {class: "stack"},
    card("What runs", {}, h("div", {class: "pad"}, facts(
      ["Kind", words(kind)],
      ["Command", payload.command ? h("code", {class: "block"}, commandText(payload.command)) : null],
      ["Image", payload.image ? h("code", null, typeof payload.image === "string" ? payload.image : "an archive") : null],
      ["Arguments", payload.args ? h("code", {class: "block"}, commandText(payload.args)) : null],
      ["Processor", payload.arch],
      ["Array", spec.array ? `${count(spec.array.count, "task")}, indexes from ${number(spec.array.first)}` : null],
      ["Environment", spec.environment ? Object.entries(spec.environment).map(([name, value]) => h("code", {class: "block"}, `${name}=${value}`)) : null],
      ["Timeout", spec.timeout ? duration(1000 * spec.timeout) : "1 h"],
      ["Cache", spec.cache === false ? "not used" : null],
      ["Retries", String(spec.retries ?? 2)],
      ["Resources", resourcesText(spec.resources ?? {})],
      ["Requirements", spec.requirements ? h("code", {class: "block"}, JSON.stringify(spec.requirements)) : null],
      ["Verification", policyText(spec.verification)],
      ["Digest", h("code", null, job.spec_digest)],
      ["Trace", job.traceparent ? h("code", null, job.traceparent) : null],
    ))),
    card("Inputs", {}, h("div", {class: "files"}, inputs(spec, payload, signal))),
    card("Outputs", {}, spec.outputs
      ? h("ul", {class: "pad"}, spec.outputs.map((output) => h("li", null, h("code", null, output.path ?? output), output.optional ? " (optional)" : "")))
      : empty("None", h("p", null, "Standard output is kept all the same."))),
    card("The whole spec", {actions: copyButton(text)}, h("pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": "The whole spec"}, text)),
  );
}

function inputs(spec, payload, signal) {
  const list = [...(spec.inputs ?? [])];
  for (const name of ["stdin", "source", "module"]) {
    if (payload[name]) list.push({path: words(name === "stdin" ? "standard input" : name), ...payload[name]});
  }
  if (list.length === 0) return empty("None", h("p", null, "The program starts in an empty directory."));
  return list.map((input) => {
    if (input.blob) return file(input.path, {digest: input.blob, size_bytes: null}, signal);
    const head = (size) => h("div", {class: "file-head"}, h("code", null, input.path), h("span", {class: "muted number"}, size), input.executable ? h("span", {class: "tag"}, "executable") : null);
    if (input.each) return h("div", {class: "file"}, head(`${count(input.each.length, "blob")}, one for each task`));
    if (input.url) return h("div", {class: "file"}, head(""), h("p", {class: "pad"}, input.url));
    const content = input.text === undefined ? Uint8Array.from(atob(input.base64), (character) => character.charCodeAt(0)) : new TextEncoder().encode(input.text);
    return h("div", {class: "file"}, head(bytes(content.length)), h("div", {class: "file-body"}, inline(content, input.path)));
  });
}

function inline(content, name) {
  const type = imageType(content);
  if (type) return showContent({kind: "image", url: URL.createObjectURL(new Blob([content], {type}))}, name);
  const text = textOf(content);
  return showContent(text === null ? {kind: "bytes", total: content.length} : {kind: "text", text, total: content.length}, name);
}

/** A command as a shell would take it. */
function commandText(list) {
  return list.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

function resourcesText(resources) {
  const devices = (resources.devices ?? []).map(({kind, count: many, vendor, memory, capability, share}) => [
    many ?? 1, vendor, kind, memory && `with ${bytes(memory)} at least`, capability && `of capability ${capability}`, share && `(a share of ${bytes(share)})`,
  ].filter(Boolean).join(" "));
  return [
    `${resources.cpus ?? 1} processors`.replace(/^1 processors/, "1 processor"), `${bytes(resources.memory ?? 256 * 2 ** 20)} memory`, `${bytes(resources.disk ?? 2 ** 30)} disk`,
    ...devices,
  ].join(", ");
}

"""#),
("js/components/fields.js", "text/javascript; charset=utf-8", #"""
// Form fields made from JSON Schema. Each has `element`, `get()` (undefined when empty), `set(value)`, `child(segment)`
// for finding the field that a problem is about, `fail(message)` and `clear()`.

import {h, put, say, set, uniqueID} from "../dom.js";
import {send} from "../api.js";
import {sentence, words} from "../format.js";
import {alternatives, description, exclusiveKeys, kindOf, scalarValue} from "../schema.js";

/** Longer texts get more than a line. */
const LONG_TEXT = 10_000;

/** `context`: `{root, changed()}`. `isSmall`: within a list or mapping, where a line must do. */
export function makeField(schema, title, context, {isSmall = false, isBare = false, hint = description(schema, context.root)} = {}) {
  const all = alternatives(schema, context.root);
  const scalars = all.filter((each) => kindOf(each, context.root) === "scalar");
  const others = all.filter((each) => !scalars.includes(each));
  const options = {title, hint, isSmall, isBare};
  if (others.length === 0) return new ScalarField(scalars, context, options);
  if (all.length === 1) return single(all[0], context, options);
  return new ChoiceField(scalars, others, context, options);
}

function single(schema, context, options) {
  const kinds = {enum: EnumField, boolean: BooleanField, list: ListField, set: SetField, map: MapField, one: OneField, object: ObjectField};
  return new kinds[kindOf(schema, context.root)](schema, context, options);
}

class Field {
  constructor({title, hint}) {
    this.title = title;
    this.id = uniqueID("field");
    this.hint = hint ? h("p", {class: "hint", id: `${this.id}-hint`}, hint) : null;
    this.problem = h("p", {class: "field-problem", id: `${this.id}-problem`});
  }

  /** Connects a control with label, hint and problem. */
  labelled(control, isBare) {
    this.control = control;
    control.id = this.id;
    set(control, "aria-describedby", [this.hint?.id, this.problem.id].filter(Boolean).join(" "));
    return h("div", {class: "field"}, h("label", {for: this.id, class: isBare ? "unseen" : null}, this.title), control, isBare ? null : this.hint, this.problem);
  }

  /** A group of fields. */
  group(...children) {
    return h(
      "fieldset", {class: "group", "aria-describedby": [this.hint?.id, this.problem.id].filter(Boolean).join(" ")},
      h("legend", null, this.title), this.hint, this.problem, children,
    );
  }

  child() {
    return null;
  }

  fail(message) {
    const before = this.problem.textContent;
    say(this.problem, before ? `${before} ${sentence(message)}` : sentence(message));
    if (this.control) set(this.control, "aria-invalid", "true");
  }

  clear() {
    say(this.problem, "");
    if (this.control) set(this.control, "aria-invalid", null);
  }

  focus() {
    (this.control ?? this.element.querySelector("input, select, textarea, button"))?.focus();
  }
}

class ScalarField extends Field {
  constructor(schemas, context, options) {
    super(options);
    this.schemas = schemas;
    const longest = Math.max(...schemas.map((schema) => schema.maxLength ?? 0));
    const isNumber = schemas.every((schema) => schema.type !== "string");
    const isLong = longest > LONG_TEXT && !options.isSmall;
    const input = isLong
      ? h("textarea", {class: "input mono", rows: 2, spellcheck: "false"})
      : h("input", {class: longest > 512 ? "input mono" : "input", type: "text", inputmode: isNumber ? "decimal" : null, autocomplete: "off", spellcheck: "false"});
    input.addEventListener("input", context.changed);
    this.element = this.labelled(input, options.isBare);
    if (schemas.some((schema) => schema.pattern?.includes("[0-9a-f]{64}"))) this.element.append(uploader(this, context));
  }

  get() {
    return this.control.value === "" ? undefined : scalarValue(this.control.value, this.schemas);
  }

  set(value) {
    this.control.value = value === undefined || value === null ? "" : String(value);
  }
}

/** Uploads a file as a blob and puts its digest into the field. */
function uploader(field, context) {
  const status = h("span", {class: "hint", role: "status"});
  const picker = h("input", {type: "file", class: "input", "aria-label": `Upload a file for ${field.title}`});
  picker.addEventListener("change", async () => {
    const [file] = picker.files;
    if (!file) return;
    say(status, `Uploading ${file.name}…`);
    try {
      const response = await send("/api/v1/blobs", {method: "POST", body: file, type: "application/octet-stream"});
      field.set((await response.json()).digest);
      say(status, `${file.name} is uploaded.`);
      context.changed();
    } catch (error) {
      say(status, error.message);
    }
  });
  return h("div", {class: "upload"}, picker, status);
}

class EnumField extends Field {
  constructor(schema, context, options) {
    super(options);
    const select = h("select", {class: "input"}, h("option", {value: ""}, "default"), schema.enum.map((value) => h("option", {value}, String(value))));
    select.addEventListener("change", context.changed);
    this.element = this.labelled(select, options.isBare);
  }

  get() {
    return this.control.value || undefined;
  }

  set(value) {
    this.control.value = value ?? "";
  }
}

class BooleanField extends EnumField {
  constructor(schema, context, options) {
    super({enum: ["yes", "no"]}, context, options);
  }

  get() {
    return {yes: true, no: false}[this.control.value];
  }

  set(value) {
    this.control.value = value === true ? "yes" : value === false ? "no" : "";
  }
}

class SetField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.boxes = alternatives(schema.items, context.root)[0].enum.map((value) => {
      const box = h("input", {type: "checkbox", value});
      box.addEventListener("change", context.changed);
      return box;
    });
    this.element = this.group(h("div", {class: "checks"}, this.boxes.map((box) => h("label", {class: "check"}, box, box.value))));
  }

  get() {
    const chosen = this.boxes.filter((box) => box.checked).map((box) => box.value);
    return chosen.length > 0 ? chosen : undefined;
  }

  set(value) {
    for (const box of this.boxes) box.checked = (value ?? []).includes(box.value);
  }
}

class ListField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.schema = schema;
    this.context = context;
    this.items = [];
    this.place = h("ol", {class: "items"});
    this.one = singular(options.title);
    const add = h("button", {type: "button", class: "button small"}, `Add ${this.one}`);
    add.addEventListener("click", () => {
      this.add().focus();
      context.changed();
    });
    this.element = this.group(this.place, add);
  }

  add(value) {
    const field = makeField(this.schema.items, sentence(this.one), this.context, {isSmall: true, isBare: true, hint: ""});
    const remove = h("button", {type: "button", class: "button small quiet", "aria-label": `Remove this ${this.one}`}, "Remove");
    const row = h("li", {class: "item"}, field.element, remove);
    remove.addEventListener("click", () => {
      this.items = this.items.filter((each) => each !== field);
      row.remove();
      this.element.querySelector(":scope > button").focus();
      this.context.changed();
    });
    if (value !== undefined) field.set(value);
    this.items.push(field);
    this.place.append(row);
    return field;
  }

  get() {
    // An empty argument is an argument, but a list of nothing else is none.
    const values = this.items.map((field) => field.get() ?? (field instanceof ScalarField ? "" : {}));
    return values.length > 0 ? values : undefined;
  }

  set(value) {
    this.items = [];
    put(this.place);
    for (const each of value ?? []) this.add(each);
  }

  child(segment) {
    return this.items[segment] ?? null;
  }

  clear() {
    super.clear();
    for (const item of this.items) item.clear();
  }
}

class MapField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.context = context;
    this.rows = [];
    this.place = h("ol", {class: "items"});
    const add = h("button", {type: "button", class: "button small"}, `Add ${singular(options.title)}`);
    add.addEventListener("click", () => {
      this.add("", "").name.focus();
      context.changed();
    });
    this.element = this.group(this.place, add);
  }

  add(key, text) {
    const one = singular(this.title);
    const name = h("input", {class: "input mono", value: key, "aria-label": `Name of the ${one}`, placeholder: "name", autocomplete: "off", spellcheck: "false"});
    const value = h("input", {class: "input mono", value: text, "aria-label": `Value of the ${one}`, placeholder: "value", autocomplete: "off", spellcheck: "false"});
    const remove = h("button", {type: "button", class: "button small quiet", "aria-label": `Remove this ${one}`}, "Remove");
    const element = h("li", {class: "item pair"}, name, value, remove);
    const row = {name, value, element};
    for (const input of [name, value]) input.addEventListener("input", this.context.changed);
    remove.addEventListener("click", () => {
      this.rows = this.rows.filter((each) => each !== row);
      element.remove();
      this.element.querySelector(":scope > button").focus();
      this.context.changed();
    });
    this.rows.push(row);
    this.place.append(element);
    return row;
  }

  get() {
    const pairs = this.rows.filter(({name, value}) => name.value || value.value).map(({name, value}) => [name.value, value.value]);
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }

  set(value) {
    this.rows = [];
    put(this.place);
    for (const [key, text] of Object.entries(value ?? {})) this.add(key, text);
  }
}

class ObjectField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.fields = new Map();
    this.exclusive = exclusiveKeys(schema);
    this.wraps = new Map();
    const required = new Set(schema.required ?? []);
    for (const [key, property] of Object.entries(schema.properties)) {
      const title = (TITLES[key] ?? sentence(words(key))) + (required.has(key) ? " (required)" : "");
      const field = makeField(property, title, context, {isSmall: options.isSmall && key !== "text"});
      this.fields.set(key, field);
      this.wraps.set(key, h("div", {class: "cell", "data-key": key}, field.element));
    }
    const children = [...this.wraps.values()];
    if (this.exclusive.length > 0) {
      this.pick = h("select", {class: "input", id: uniqueID("pick")}, this.exclusive.map((key) => h("option", {value: key}, SOURCES[key] ?? words(key))));
      this.pick.addEventListener("change", () => {
        this.showPicked();
        context.changed();
      });
      children.unshift(h("div", {class: "field"}, h("label", {for: this.pick.id}, "From"), this.pick));
      if (this.exclusive.includes("text")) this.pick.value = "text";
    }
    this.schema = schema;
    this.element = options.isBare ? h("div", {class: "group bare", role: "group", "aria-label": options.title}, this.problem, h("div", {class: "cells"}, children))
      : this.group(h("div", {class: "cells"}, children));
    this.showPicked();
  }

  /** Shows the chosen one of the exclusive keys, and what depends on it. */
  showPicked() {
    if (!this.pick) return;
    for (const [key, wrap] of this.wraps) wrap.hidden = !this.isShown(key);
  }

  isShown(key) {
    if (!this.pick) return true;
    if (this.exclusive.includes(key)) return key === this.pick.value;
    const needs = this.schema.dependentRequired?.[key];
    return !needs || needs.includes(this.pick.value);
  }

  get() {
    const value = {};
    for (const [key, field] of this.fields) {
      const each = this.isShown(key) ? field.get() : undefined;
      if (each !== undefined) value[key] = each;
      // An empty text is a content, too.
      else if (this.pick?.value === key && key === "text" && Object.keys(value).length > 0) value[key] = "";
    }
    return Object.keys(value).length > 0 ? value : undefined;
  }

  set(value) {
    if (this.pick && value) this.pick.value = this.exclusive.find((key) => key in value) ?? this.pick.value;
    for (const [key, field] of this.fields) field.set(value?.[key]);
    this.showPicked();
  }

  child(segment) {
    return this.fields.get(segment) ?? null;
  }

  clear() {
    super.clear();
    for (const field of this.fields.values()) field.clear();
  }
}

const TITLES = {stdin: "Standard input", cpus: "Processors", os: "System", arch: "Processor", args: "Arguments", sha256: "SHA-256", url: "Address"};

const SOURCES = {blob: "an uploaded blob", text: "a text, written here", base64: "base64, written here", url: "an address", each: "one blob for each task"};

/** An object with exactly one of several keys. */
class OneField extends Field {
  constructor(schema, context, options) {
    super(options);
    this.variants = new Map(Object.entries(schema.properties).map(([key, property]) => [key, makeField(property, sentence(words(key)), context)]));
    const select = h("select", {class: "input"}, h("option", {value: ""}, "none"), [...this.variants.keys()].map((key) => h("option", {value: key}, words(key))));
    select.addEventListener("change", () => {
      this.showChosen();
      context.changed();
    });
    this.element = h("div", {class: "group bare"}, this.labelled(select, false), [...this.variants.values()].map((field) => field.element));
    this.showChosen();
  }

  showChosen() {
    for (const [key, field] of this.variants) field.element.hidden = key !== this.control.value;
  }

  get() {
    const key = this.control.value;
    return key ? {[key]: this.variants.get(key).get() ?? {}} : undefined;
  }

  set(value) {
    const [key] = Object.keys(value ?? {});
    this.control.value = key ?? "";
    for (const [name, field] of this.variants) field.set(name === key ? value[key] : undefined);
    this.showChosen();
  }

  child(segment) {
    return this.variants.get(segment) ?? null;
  }

  clear() {
    super.clear();
    for (const field of this.variants.values()) field.clear();
  }
}

/** A value of one of several shapes: the shape is chosen first. */
class ChoiceField extends Field {
  constructor(scalars, others, context, options) {
    super(options);
    this.root = context.root;
    this.variants = [];
    if (scalars.length > 0) this.variants.push({name: scalarName(scalars), schema: scalars[0], kind: "scalar", field: new ScalarField(scalars, context, {...options, hint: options.hint})});
    for (const schema of others) {
      this.variants.push({name: shapeName(schema), schema, kind: kindOf(schema, context.root), field: single(schema, context, {...options, hint: "", isBare: kindOf(schema, context.root) === "object"})});
    }
    this.select = h("select", {class: "input shape", "aria-label": `Form of ${options.title}`}, this.variants.map(({name}, at) => h("option", {value: at}, name)));
    this.select.addEventListener("change", () => {
      this.showChosen();
      context.changed();
    });
    this.element = h("div", {class: "choice"}, this.variants.map(({field}) => field.element), h("div", {class: "shape-row"}, this.select));
    this.showChosen();
  }

  get chosen() {
    return this.variants[Number(this.select.value)].field;
  }

  showChosen() {
    this.variants.forEach(({field}) => {
      field.element.hidden = field !== this.chosen;
    });
  }

  get() {
    return this.chosen.get();
  }

  set(value) {
    const isList = Array.isArray(value);
    const isObject = typeof value === "object" && value !== null && !isList;
    const keys = isObject ? Object.keys(value) : [];
    let at = this.variants.findIndex(({kind, schema}) => {
      if (isList) return kind === "list";
      if (isObject) return (kind === "object" || kind === "one") && keys.every((key) => key in schema.properties);
      return kind === "scalar" || (kind === "enum" && schema.enum.includes(value));
    });
    if (at < 0 || value === undefined) at = 0;
    this.select.value = String(at);
    this.variants.forEach(({field}, position) => field.set(position === at ? value : undefined));
    this.showChosen();
  }

  child(segment) {
    return this.chosen.child(segment);
  }

  fail(message) {
    this.chosen.fail(message);
  }

  clear() {
    for (const {field} of this.variants) field.clear();
  }

  focus() {
    this.chosen.focus();
  }
}

function scalarName(schemas) {
  return schemas.every((schema) => schema.type !== "string") ? "as a number" : schemas.length > 1 ? "as a number or text" : "as a text";
}

function shapeName(schema) {
  if (schema.type === "array") return "as a list";
  if (schema.enum) return `as ${schema.enum.map(words).join(" or ")}`;
  if (schema.maxProperties === 1) return "as a rule";
  const keys = Object.keys(schema.properties);
  if (keys.includes("blob")) return "from elsewhere";
  return keys.length > 3 ? "in detail" : `as ${keys.map(words).join(" and ")}`;
}

function singular(title) {
  const text = title.replace(/ \(required\)$/, "").toLowerCase();
  if (text === "command" || text === "args") return "argument";
  if (text === "environment") return "variable";
  if (text === "each") return "blob";
  return text.replace(/s$/, "");
}


"""#),
("js/components/grid.js", "text/javascript; charset=utf-8", #"""
// `<weft-grid>`: one small square for each task of an array, up to ten thousand, on a canvas: a change draws its square
// and nothing else. By keyboard it is a list box: arrows move, Enter opens; screen readers hear the square's task.

import {framed, h, put, say, set, uniqueID} from "../dom.js";
import {count, words} from "../format.js";

export const GRID_LIMIT = 10_000;
export const CODES = {waiting: 0, running: 1, succeeded: 2, failed: 3, cancelled: 4};
export const NAMES = Object.keys(CODES);
/** Added to a code: answers to the task differed. */
export const DISAGREED = 8;

/** Squares painted in a frame: all ten thousand at once would be one long frame. */
const PAINTED = 2000;

const FILLS = ["--fill-idle", "--fill-busy", "--fill-good", "--fill-bad", "--fill-gone"];

class Grid extends HTMLElement {
  #canvas = h("canvas", {"aria-hidden": "true"});
  #option = h("span", {class: "unseen", role: "option", id: uniqueID("cell"), "aria-selected": "true"});
  #box = null;
  #tip = h("div", {class: "grid-tip", "aria-hidden": "true", hidden: true});
  #states = new Uint8Array(0);
  #first = 0;
  #dirty = new Set();
  #isStale = true;
  #cursor = 0;
  #columns = 1;
  #pitch = 8;
  #colours = [];
  #observer = null;
  #theme = null;
  #draw = framed(() => this.#render());

  constructor() {
    super();
    this.#box = h(
      "div", {class: "grid-box", role: "listbox", tabindex: 0, "aria-label": "Tasks", "aria-activedescendant": this.#option.id},
      this.#canvas, this.#option,
    );
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("focus", () => this.#moveTo(this.#cursor));
    this.#box.addEventListener("blur", () => this.#touch(this.#cursor));
    this.#canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.#canvas.addEventListener("pointerleave", () => {
      this.#tip.hidden = true;
    });
    this.#canvas.addEventListener("click", (event) => {
      const index = this.#at(event);
      if (index !== null) this.#choose(index);
    });
  }

  connectedCallback() {
    put(this, this.#box, this.#tip);
    this.#observer = new ResizeObserver(() => this.#stale());
    this.#observer.observe(this);
    this.#theme = new MutationObserver(() => this.#stale());
    this.#theme.observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.media.addEventListener("change", this.#onMedia);
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
    this.#theme?.disconnect();
    this.media?.removeEventListener("change", this.#onMedia);
  }

  #onMedia = () => this.#stale();

  /** `states`: a byte for each task, shared with its owner, who calls `changed`; `first`: the first task's index. */
  show(states, first) {
    this.#states = states;
    this.#first = first;
    set(this.#box, "aria-label", `${count(states.length, "task")} as squares; arrow keys move, Enter opens`);
    this.#stale();
  }

  changed(position) {
    this.#touch(position);
  }

  #touch(position) {
    this.#dirty.add(position);
    this.#draw();
  }

  #stale() {
    this.#isStale = true;
    this.#draw();
  }

  #render() {
    if (!this.isConnected || this.#states.length === 0) return;
    if (this.#isStale) this.#layOut();
    const context = this.#canvas.getContext("2d");
    const [warn, focus, surface] = this.#colours.slice(-3);
    let left = PAINTED;
    for (const position of this.#dirty) {
      if (left === 0) {
        this.#draw();
        return;
      }
      left -= 1;
      this.#dirty.delete(position);
      this.#paint(context, position, warn, focus, surface);
    }
  }

  #layOut() {
    const total = this.#states.length;
    // The box, not the canvas: that one must not hold its own width. No width: not in sight.
    const width = this.#box.clientWidth;
    if (width === 0) return;
    this.#isStale = false;
    this.#pitch = total <= 100 ? 22 : total <= 600 ? 16 : total <= 3000 ? 11 : 8;
    this.#columns = Math.max(1, Math.floor(width / this.#pitch));
    const height = Math.ceil(total / this.#columns) * this.#pitch;
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(this.#columns * this.#pitch * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = `${this.#columns * this.#pitch}px`;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this);
    this.#colours = [...FILLS, "--fill-warn", "--focus", "--surface"].map((name) => style.getPropertyValue(name).trim());
    for (let position = 0; position < total; position += 1) this.#dirty.add(position);
  }

  #paint(context, position, warn, focus, surface) {
    const pitch = this.#pitch;
    const size = pitch - (pitch > 12 ? 3 : pitch > 9 ? 2 : 1);
    const x = (position % this.#columns) * pitch;
    const y = Math.floor(position / this.#columns) * pitch;
    const code = this.#states[position];
    context.clearRect(x, y, pitch, pitch);
    context.fillStyle = this.#colours[code & 7];
    context.fillRect(x, y, size, size);
    // A corner for answers that differed, a bar for failure: not by colour alone.
    if (code & DISAGREED) {
      context.fillStyle = warn;
      context.beginPath();
      context.moveTo(x + size, y);
      context.lineTo(x + size, y + size);
      context.lineTo(x, y + size);
      context.fill();
    }
    if ((code & 7) === CODES.failed && size >= 6) {
      context.fillStyle = surface;
      context.fillRect(x + size * 0.2, y + size / 2 - 1, size * 0.6, 2);
    }
    if (position === this.#cursor && document.activeElement === this.#box) {
      context.strokeStyle = focus;
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, size - 2, size - 2);
    }
  }

  #name(position) {
    const code = this.#states[position];
    return `Task ${this.#first + position}: ${NAMES[code & 7]}${code & DISAGREED ? ", answers differed" : ""}`;
  }

  #key(event) {
    const columns = this.#columns;
    const last = this.#states.length - 1;
    const to = {
      ArrowRight: this.#cursor + 1, ArrowLeft: this.#cursor - 1, ArrowDown: this.#cursor + columns, ArrowUp: this.#cursor - columns,
      Home: 0, End: last, PageDown: this.#cursor + 10 * columns, PageUp: this.#cursor - 10 * columns,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.#moveTo(Math.min(last, Math.max(0, to)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#cursor);
    }
  }

  #moveTo(position) {
    const before = this.#cursor;
    this.#cursor = position;
    this.#touch(before);
    this.#touch(position);
    say(this.#option, this.#name(position));
    set(this.#option, "aria-posinset", position + 1);
    set(this.#option, "aria-setsize", this.#states.length);
    const y = Math.floor(position / this.#columns) * this.#pitch;
    const {scrollTop, clientHeight} = this.#box;
    if (y < scrollTop) this.#box.scrollTop = y;
    else if (y + this.#pitch > scrollTop + clientHeight) this.#box.scrollTop = y + this.#pitch - clientHeight;
    this.#showTip(position);
  }

  #at(event) {
    const x = Math.floor(event.offsetX / this.#pitch);
    const position = Math.floor(event.offsetY / this.#pitch) * this.#columns + x;
    return x < this.#columns && position < this.#states.length ? position : null;
  }

  #hover(event) {
    const position = this.#at(event);
    if (position === null) this.#tip.hidden = true;
    else this.#showTip(position);
  }

  #showTip(position) {
    this.#tip.hidden = false;
    say(this.#tip, words(this.#name(position)));
  }

  #choose(position) {
    this.dispatchEvent(new CustomEvent("choose", {detail: this.#first + position}));
  }
}
customElements.define("weft-grid", Grid);

"""#),
("js/components/jobform.js", "text/javascript; charset=utf-8", #"""
// The form of a job, from its schema: what is common first, the rest folded. A program is asked for in the short form
// (`command`, `stdin`); the other kinds of payload are choices beside it.

import {h, set, uniqueID} from "../dom.js";
import {sentence, words} from "../format.js";
import {alternatives} from "../schema.js";
import {makeField} from "./fields.js";

/** In this order; properties that neither list names are folded, so a new one of the schema is never lost. */
const COMMON = ["name", "array", "resources", "verification", "inputs", "outputs", "timeout"];

const PROGRAM = "command";

export class JobForm {
  #fields = new Map();
  #payloads = new Map();

  constructor(schema, changed) {
    const context = {root: schema, changed};
    const [payload] = alternatives(schema.properties.payload, schema);
    const [process] = alternatives(payload.properties.process, schema);
    for (const [key, property] of Object.entries(schema.properties)) {
      if (key === "payload") continue;
      // The short form says no more of itself than that it is short.
      const hint = process.properties[key]?.description;
      this.#fields.set(key, makeField(property, TITLES[key] ?? sentence(words(key)), context, hint ? {hint} : {}));
    }
    for (const [key, property] of Object.entries(payload.properties)) {
      if (key !== "process") this.#payloads.set(key, makeField(property, sentence(words(key)), context));
    }
    const id = uniqueID("kind");
    this.kind = h("select", {class: "input", id}, h("option", {value: PROGRAM}, "a program or script"), [...this.#payloads.keys()].map((key) => h("option", {value: key}, KINDS[key] ?? words(key))));
    this.kind.addEventListener("change", () => {
      this.#showKind();
      changed();
    });
    const element = (key) => h("div", {class: "cell", "data-key": key}, this.#fields.get(key).element);
    const known = new Set([...COMMON, "command", "stdin"]);
    const common = COMMON.filter((key) => this.#fields.has(key));
    const rest = [...this.#fields.keys()].filter((key) => !known.has(key));
    this.more = h("details", {class: "card more"}, h("summary", null, "More: ", h("span", {class: "muted"}, rest.map(words).join(", "))), h("div", {class: "pad cells"}, rest.map(element)));
    this.element = h(
      "div", {class: "job-form stack"},
      h(
        "section", {class: "card pad stack", "aria-label": "What runs"},
        h("div", {class: "cells wide"}, element("name"), h("div", {class: "field"}, h("label", {for: id}, "What runs"), this.kind)),
        h("div", {class: "cells wide", "data-program": true}, element("command"), element("stdin")),
        [...this.#payloads].map(([key, field]) => h("div", {"data-payload": key}, field.element)),
      ),
      h("div", {class: "card pad cells"}, common.filter((key) => key !== "name").map(element)),
      this.more,
    );
    this.#showKind();
  }

  #showKind() {
    const kind = this.kind.value;
    this.element.querySelector("[data-program]").hidden = kind !== PROGRAM;
    for (const element of this.element.querySelectorAll("[data-payload]")) element.hidden = element.dataset.payload !== kind;
  }

  get value() {
    const value = {};
    for (const [key, field] of this.#fields) {
      if (this.kind.value !== PROGRAM && (key === "command" || key === "stdin")) continue;
      const each = field.get();
      if (each !== undefined) value[key] = each;
    }
    if (this.kind.value !== PROGRAM) value.payload = {[this.kind.value]: this.#payloads.get(this.kind.value).get() ?? {}};
    return value;
  }

  set value(job) {
    const {payload, ...rest} = job;
    const [kind, content] = Object.entries(payload ?? {})[0] ?? [PROGRAM, {}];
    if (kind === "process") Object.assign(rest, content);
    for (const [key, field] of this.#fields) field.set(rest[key]);
    for (const [key, field] of this.#payloads) field.set(key === kind ? content : undefined);
    this.kind.value = this.#payloads.has(kind) ? kind : PROGRAM;
    this.more.open = [...this.#fields].some(([key, field]) => this.more.querySelector(`[data-key="${key}"]`) && field.get() !== undefined);
    this.#showKind();
  }

  clearProblems() {
    for (const field of [...this.#fields.values(), ...this.#payloads.values()]) field.clear();
  }

  /** The field that a path is about, or the nearest one around it; null for the document as a whole. */
  find(path) {
    let keys = path;
    if (keys[0] === "payload") keys = keys[1] === "process" ? keys.slice(2) : keys.slice(1);
    let field = this.#payloads.get(keys[0]) ?? this.#fields.get(keys[0]) ?? null;
    for (const key of keys.slice(1)) field = field?.child(key) ?? field;
    return field;
  }

  /** Shows a field that may be folded. */
  reveal(field) {
    if (this.more.contains(field.element)) this.more.open = true;
    set(this.more, "data-touched", true);
  }
}

const TITLES = {stdin: "Standard input", cpus: "Processors"};

const KINDS = {assembly: "an assembler source", wasm: "a WebAssembly module", container: "a container image"};

"""#),
("js/components/list.js", "text/javascript; charset=utf-8", #"""
// `<weft-list>`: a table that draws the rows in sight and no others, so that ten thousand cost what thirty do. To screen
// readers it is a table with all its rows counted.

import {framed, h, put, set} from "../dom.js";

/** Rows drawn above and below what is in sight. */
const MARGIN = 6;

class List extends HTMLElement {
  #view = null;
  #body = null;
  #empty = null;
  #rows = new Map();
  #items = [];
  #height = 44;
  #options = null;
  #observer = null;
  #draw = framed(() => this.#render());

  /**
   * `columns`: `{label, class?}`; `create()`: cells for a row, one for each column; `update(cells, item, row)`: shows an
   * item in them; `empty`: a node shown when there are no items.
   */
  configure(options) {
    this.#options = options;
    const head = h(
      "div", {class: "list-row list-head", role: "row", "aria-rowindex": 1},
      options.columns.map((column) => h("span", {role: "columnheader", class: column.class}, column.label)),
    );
    this.#body = h("div", {class: "list-body", role: "rowgroup"});
    this.#view = h(
      "div", {class: "list-view", role: "table", tabindex: 0, "aria-label": options.label, "aria-colcount": options.columns.length},
      h("div", {role: "rowgroup", class: "list-top"}, head), this.#body,
    );
    this.#empty = h("div", {class: "list-empty"});
    this.#view.addEventListener("scroll", this.#draw, {passive: true});
    this.#view.addEventListener("keydown", (event) => this.#move(event));
    put(this, this.#view, this.#empty);
    return this;
  }

  connectedCallback() {
    this.#observer = new ResizeObserver(() => this.#measure());
    this.#observer.observe(this);
    this.#measure();
  }

  disconnectedCallback() {
    this.#observer?.disconnect();
  }

  get items() {
    return this.#items;
  }

  set items(items) {
    this.#items = items;
    this.#draw();
  }

  /** Shows the items in sight anew. */
  refresh() {
    this.#draw();
  }

  scrollToStart() {
    if (this.#view.scrollTop !== 0) this.#view.scrollTop = 0;
  }

  get isAtStart() {
    return this.#view.scrollTop < this.#height;
  }

  #measure() {
    const height = parseFloat(getComputedStyle(this).getPropertyValue("--row")) || 44;
    if (height !== this.#height) {
      this.#height = height;
      for (const [index, row] of this.#rows) this.#place(row.element, index);
    }
    this.#draw();
  }

  #place(element, index) {
    element.style.transform = `translateY(${index * this.#height}px)`;
  }

  #render() {
    if (!this.#options || !this.isConnected) return;
    const total = this.#items.length;
    set(this.#view, "aria-rowcount", total + 1);
    const isEmpty = total === 0;
    if (this.#empty.hidden === isEmpty) this.#empty.hidden = !isEmpty;
    if (isEmpty && this.#empty.firstChild !== this.#options.empty) put(this.#empty, this.#options.empty);
    const tall = `${total * this.#height}px`;
    if (this.#body.style.height !== tall) this.#body.style.height = tall;
    const first = Math.max(0, Math.floor(this.#view.scrollTop / this.#height) - MARGIN);
    const last = Math.min(total, Math.ceil((this.#view.scrollTop + this.#view.clientHeight) / this.#height) + MARGIN);
    const spare = [];
    for (const [index, row] of this.#rows) {
      if (index >= first && index < last) continue;
      this.#rows.delete(index);
      // The one with the focus is let go: the focus must not jump to another item.
      if (row.element.contains(document.activeElement)) row.element.remove();
      else spare.push(row);
    }
    for (let index = first; index < last; index += 1) {
      let row = this.#rows.get(index);
      if (!row) {
        row = spare.pop() ?? this.#make();
        this.#rows.set(index, row);
        this.#place(row.element, index);
        set(row.element, "aria-rowindex", index + 2);
        if (!row.element.isConnected) this.#body.append(row.element);
      }
      this.#options.update(row.cells, this.#items[index], row.element);
    }
    for (const row of spare) row.element.remove();
  }

  #make() {
    const cells = this.#options.create();
    const element = h("div", {class: "list-row", role: "row"});
    this.#options.columns.forEach((column, position) => {
      const cell = cells[position];
      set(cell, "role", "cell");
      if (column.class) cell.classList.add(...column.class.split(" "));
      cell.dataset.label = column.label;
      element.append(cell);
    });
    element.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, select") || String(getSelection()) !== "") return;
      element.querySelector("a[data-main]")?.click();
    });
    return {cells, element};
  }

  /** Arrows go from row to row, by their main links; the list scrolls along. */
  #move(event) {
    const step = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity}[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || this.#items.length === 0) return;
    const held = [...this.#rows].find(([, row]) => row.element.contains(document.activeElement));
    const start = held ? held[0] : Math.floor(this.#view.scrollTop / this.#height) - (step > 0 ? 1 : 0);
    const index = Math.min(this.#items.length - 1, Math.max(0, start + step));
    event.preventDefault();
    const top = index * this.#height;
    const room = this.#view.clientHeight - this.#height * 2;
    if (top < this.#view.scrollTop) this.#view.scrollTop = top;
    else if (top > this.#view.scrollTop + room) this.#view.scrollTop = top - room;
    this.#render();
    this.#rows.get(index)?.element.querySelector("a[data-main]")?.focus({preventScroll: true});
  }
}
customElements.define("weft-list", List);

export function list(className, options) {
  const element = document.createElement("weft-list");
  element.className = className;
  return element.configure(options);
}

"""#),
("js/components/log.js", "text/javascript; charset=utf-8", #"""
// `<weft-log>`: what tasks print, as it comes. The newest thousand lines are kept on the page; the rest is a download.

import {path, query, send} from "../api.js";
import {framed, h, put, say, set} from "../dom.js";
import {count, number} from "../format.js";
import {announce} from "./ui.js";

const KEPT_LINES = 1000;
const RETRY_MS = 1500;
/** Colours and cursor movements of terminals: nothing that a page could show. */
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;

class Log extends HTMLElement {
  #stop = null;
  #lines = h("div", {class: "log-lines", role: "log", "aria-live": "off", tabindex: 0, "aria-label": "Log"});
  #status = h("span", {class: "muted", role: "status"});
  #more = h("p", {class: "muted pad", hidden: true});
  #follow = h("input", {type: "checkbox", checked: true, id: "log-follow"});
  #pending = [];
  #open = new Map();
  #shown = new Map();
  #dropped = 0;
  #fresh = 0;
  #draw = framed(() => this.#render());

  /** `task`: an index, or null for all; `withTask`: whether lines name their task. */
  follow(job, task, withTask) {
    this.#stop?.abort();
    this.#stop = new AbortController();
    this.#open.clear();
    this.#shown.clear();
    this.#pending = [];
    this.#dropped = 0;
    put(this.#lines);
    this.withTask = withTask;
    this.#run(job, task, this.#stop.signal);
  }

  connectedCallback() {
    this.#follow.checked = true;
    put(
      this,
      h("div", {class: "log-bar"}, h("label", {class: "check"}, this.#follow, "Keep the newest in sight"), this.#status),
      this.#more, this.#lines,
    );
    this.#lines.addEventListener("scroll", () => {
      const {scrollTop, scrollHeight, clientHeight} = this.#lines;
      if (scrollHeight - scrollTop - clientHeight > 80) this.#follow.checked = false;
    }, {passive: true});
    this.#follow.addEventListener("change", this.#draw);
  }

  disconnectedCallback() {
    this.#stop?.abort();
  }

  async #run(job, task, signal) {
    const url = path`/api/v1/jobs/${job}/logs` + query({task, follow: "true"});
    while (!signal.aborted) {
      try {
        say(this.#status, "Waiting for output…");
        const response = await send(url, {signal, accept: "application/x-ndjson"});
        await this.#read(response.body, signal);
        this.#flushRests();
        say(this.#status, this.#shown.size === 0 ? "Nothing was printed." : "End of the log.");
        return;
      } catch (error) {
        if (signal.aborted) return;
        say(this.#status, error.status ? error.message : "The stream broke; trying again…");
        if (error.status === 404 || error.status === 401) return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #read(body, signal) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    while (!signal.aborted) {
      const {done, value} = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) this.#take(JSON.parse(line));
    }
  }

  /** A piece of bytes becomes lines; what was shown before a break is not shown twice. */
  #take(piece) {
    const key = `${piece.attempt} ${piece.stream}`;
    let bytes = Uint8Array.from(atob(piece.bytes), (character) => character.charCodeAt(0));
    const at = this.#shown.get(key) ?? 0;
    if (piece.offset < at) bytes = bytes.subarray(at - piece.offset);
    this.#shown.set(key, Math.max(at, piece.offset + bytes.length));
    if (bytes.length === 0) return;
    if (!this.#open.has(key)) this.#open.set(key, {decoder: new TextDecoder(), rest: "", task: piece.task, stream: piece.stream});
    const open = this.#open.get(key);
    if (piece.dropped > 0) this.#add(open, `(${number(piece.dropped)} bytes before this are not kept)`, true);
    const lines = (open.rest + open.decoder.decode(bytes, {stream: true})).split("\n");
    open.rest = lines.pop();
    for (const line of lines) this.#add(open, line);
    say(this.#status, "Following.");
    this.#draw();
  }

  #flushRests() {
    for (const open of this.#open.values()) {
      if (open.rest) this.#add(open, open.rest);
      open.rest = "";
    }
    this.#draw();
  }

  #add(open, text, isRemark = false) {
    this.#fresh += 1;
    this.#pending.push({task: open.task, stream: open.stream, text: text.replace(ESCAPES, "").replace(/\r$/, ""), isRemark});
    if (this.#pending.length > KEPT_LINES) {
      this.#pending.shift();
      this.#dropped += 1;
    }
  }

  #render() {
    const lines = this.#pending.splice(0).map(({task, stream, text, isRemark}) => h(
      "div", {class: "log-line", "data-stream": stream},
      this.withTask ? h("a", {class: "log-task", href: `#/jobs/${task.replace(".", "/tasks/")}`}, task.split(".")[1]) : null,
      stream === "stderr" ? h("span", {class: "log-stream"}, "err") : null,
      h("span", {class: isRemark ? "log-text muted" : "log-text"}, text),
    ));
    this.#lines.append(...lines);
    for (let extra = this.#lines.childElementCount - KEPT_LINES; extra > 0; extra -= 1) {
      this.#lines.firstElementChild.remove();
      this.#dropped += 1;
    }
    set(this.#more, "hidden", this.#dropped === 0);
    say(this.#more, `${count(this.#dropped, "earlier line")} not shown; a task's page has its whole output.`);
    if (this.#follow.checked) this.#lines.scrollTop = this.#lines.scrollHeight;
    if (this.#fresh > 0 && document.activeElement === this.#lines) announce(`${count(this.#fresh, "new line")} in the log`);
    this.#fresh = 0;
  }
}
customElements.define("weft-log", Log);

"""#),
("js/components/preview.js", "text/javascript; charset=utf-8", #"""
// What is in a blob: text and images as they are, of other bytes the size, and everything as download.

import {blobStart, path, save, send} from "../api.js";
import {h, put} from "../dom.js";
import {bytes as size} from "../format.js";
import {button} from "./ui.js";

/** How much of a text is shown. */
const TEXT_LIMIT = 64 * 1024;
const IMAGE_LIMIT = 16 * 1024 * 1024;

const IMAGES = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", [0x42, 0x4d]],
];

export function imageType(bytes) {
  const found = IMAGES.find(([, magic]) => bytes.length > magic.length && magic.every((byte, at) => byte === null || bytes[at] === byte));
  return found?.[0] ?? null;
}

/** The text that the bytes are, or null. A character that the end cuts in two is left out. */
export function textOf(bytes) {
  if (bytes.includes(0)) return null;
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut += 1) {
    try {
      return new TextDecoder("utf-8", {fatal: true}).decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      // Perhaps the end is within a character.
    }
  }
  return null;
}

/** Reads a blob for showing: `{kind: "text" | "image" | "bytes", text?, url?, total, isCut}`. */
export async function readBlob(digest, signal) {
  const {bytes, total} = await blobStart(digest, TEXT_LIMIT, signal);
  const type = imageType(bytes);
  if (type && total <= IMAGE_LIMIT) {
    const whole = total > bytes.length ? new Uint8Array(await (await send(path`/api/v1/blobs/${digest}`, {signal})).arrayBuffer()) : bytes;
    const url = URL.createObjectURL(new Blob([whole], {type}));
    signal?.addEventListener("abort", () => URL.revokeObjectURL(url));
    return {kind: "image", url, total, isCut: false};
  }
  const text = textOf(bytes);
  if (text !== null) return {kind: "text", text, total, isCut: total > bytes.length};
  return {kind: "bytes", total, isCut: false};
}

export function showContent(content, name) {
  if (content.kind === "image") return h("img", {src: content.url, alt: `Preview of ${name}`, class: "preview-image"});
  if (content.kind === "bytes") return h("p", {class: "muted pad"}, `${size(content.total)} that are neither text nor a known image.`);
  if (content.total === 0) return h("p", {class: "muted pad"}, "Empty.");
  return [
    h("pre", {class: "preview-text", tabindex: 0, role: "region", "aria-label": `Content of ${name}`}, content.text),
    content.isCut ? h("p", {class: "muted pad"}, `The first ${size(TEXT_LIMIT)} of ${size(content.total)}.`) : null,
  ];
}

/** A file with its size, a preview and a download. `blob`: `{digest, size_bytes}`. */
export function file(name, blob, signal) {
  const body = h("div", {class: "file-body"}, h("p", {class: "muted pad"}, "Loading…"));
  const download = button("Download", {
    symbol: "download", kind: "small", name: `Download ${name}`,
    action: async () => {
      try {
        const response = await send(path`/api/v1/blobs/${blob.digest}`, {signal});
        save(await response.blob(), name.split("/").at(-1));
      } catch (error) {
        if (error.name !== "AbortError") put(body, h("p", {class: "pad", role: "alert"}, error.message));
      }
    },
  });
  readBlob(blob.digest, signal).then(
    (content) => put(body, showContent(content, name)),
    (error) => {
      if (error.name !== "AbortError") put(body, h("p", {class: "pad", role: "alert"}, `It cannot be shown: ${error.message}`));
    },
  );
  return h(
    "div", {class: "file"},
    h("div", {class: "file-head"}, h("code", null, name), h("span", {class: "muted number"}, size(blob.size_bytes)), download), body,
  );
}

"""#),
("js/components/task.js", "text/javascript; charset=utf-8", #"""
// `<weft-task>`: everything about one task: attempts, answer, replicas side by side, receipt. It follows by itself.

import {json, path, save, send} from "../api.js";
import {h, put, throttled} from "../dom.js";
import {bytes, count, digest, duration, fullTime, moment, sentence, words} from "../format.js";
import {card, empty, facts, Page} from "../page.js";
import {policyText} from "../policy.js";
import {checkSignature, readReceipt} from "../receipt.js";
import {badge, FINAL} from "../states.js";
import {answersOf, comparison} from "./compare.js";
import {file} from "./preview.js";
import {button, copyButton, table} from "./ui.js";
import "./timeline.js";

class Task extends Page {
  #places = null;
  #seen = {};
  #reload = null;

  open() {
    const {job, index} = this.parameters;
    this.#places = Object.fromEntries(["summary", "attempts", "compare", "answer", "receipt"].map((name) => [name, h("div")]));
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    const id = `${job}.${index}`;
    this.#reload = throttled(400, () => this.#read());
    this.atEnd(() => this.#reload.cancel());
    this.onEvents(
      (batch) => {
        if (batch.some((event) => event.task === id || (event.kind === "job.moved" && event.job === job && FINAL.has(event.state)))) {
          this.#reload();
        }
      },
      () => this.#reload(),
    );
    this.load(this.body, () => this.#read());
  }

  async #read() {
    const {job, index} = this.parameters;
    let task;
    try {
      task = await json(path`/api/v1/jobs/${job}/tasks/${index}`, {signal: this.signal});
    } catch (error) {
      // What is shown stays; the next event tries again.
      if (this.body.contains(this.#places.summary)) return;
      throw error;
    }
    if (!this.body.contains(this.#places.summary)) put(this.body, Object.values(this.#places));
    this.dispatchEvent(new CustomEvent("task", {detail: task}));
    this.#part("summary", task, () => summary(task));
    this.#part("attempts", task.attempts, () => attempts(task));
    const answers = answersOf(task);
    this.#part("compare", answers.map(({answer, attempts: list}) => [answer, list.length]), () => (answers.length > 1
      ? card("Where the answers differ", {id: "disagreement"}, comparison(task, this.signal)) : null));
    this.#part("answer", [task.completion, task.state], () => answer(task, this.signal));
    this.#part("receipt", [FINAL.has(task.state), task.verdict], () => this.#receipt(task));
  }

  /** Builds a part anew only when what it shows has changed: a preview keeps its place and its scrolling. */
  #part(name, value, build) {
    const key = JSON.stringify(value ?? null);
    if (this.#seen[name] === key) return;
    this.#seen[name] = key;
    const content = build();
    this.#places[name].hidden = !content;
    put(this.#places[name], content);
  }

  #receipt(task) {
    if (!task.verdict) return null;
    const place = h("div", {class: "pad"}, h("p", {class: "muted"}, "Loading…"));
    const loaded = send(path`/api/v1/jobs/${task.job}/tasks/${task.index}/receipt`, {signal: this.signal})
      .then(async (response) => new Uint8Array(await response.arrayBuffer()));
    loaded.then(async (data) => {
      const receipt = readReceipt(data);
      put(place, receiptSummary(receipt, await checkSignature(receipt), task));
    }).catch((error) => {
      if (error.name !== "AbortError") put(place, h("p", {role: "alert"}, error.message));
    });
    const download = button("Download", {
      symbol: "download", kind: "small", name: "Download the receipt",
      action: async () => save(await loaded, `receipt-${task.cached_from ?? task.id}.json`, "application/vnd.weft.receipt+json"),
    });
    return card("Receipt", {actions: download}, place);
  }
}
customElements.define("weft-task", Task);

function summary(task) {
  return card(
    "Outcome", {},
    h("div", {class: "pad"}, facts(
      ["State", badge(task.state)],
      ["Verdict", task.verdict ? badge(task.verdict) : null],
      ["Reason", task.reason ? sentence(task.reason) : null],
      ["Exit status", task.completion ? String(task.completion.exit_status) : null],
      ["From the cache", task.cached_from ? h("a", {href: `#/jobs/${task.cached_from.replace(".", "/tasks/")}`}, `Answer of task ${task.cached_from}`) : null],
      ["Answer", task.answer ? h("code", null, digest(task.answer)) : null],
      ["Answers that differed", task.dissenters > 0 ? String(task.dissenters) : null],
      ["Ended", task.ended_at ? fullTime(task.ended_at) : null],
    )),
  );
}

function attempts(task) {
  const list = task.attempts ?? [];
  if (list.length === 0) {
    if (task.cached_from) return card("Attempts", {}, empty("Not run", h("p", null, `An identical task was: ${task.cached_from}. Its verified answer is this one's.`)));
    return card("Attempts", {}, empty("No attempt yet", h("p", null, task.state === "waiting" ? "The task waits for a node." : "")));
  }
  const timeline = document.createElement("weft-timeline");
  timeline.show(list);
  const rows = list.map((attempt) => h(
    "tr", null,
    h("th", {scope: "row"}, h("a", {href: `#/nodes/${attempt.node}`}, attempt.node_name)),
    h("td", {class: "number"}, String(attempt.replica)),
    h("td", null, badge(attempt.state), attempt.agreed === false ? badge("differs") : null),
    h("td", {class: "number"}, attempt.started_at && attempt.finished_at ? duration(moment(attempt.finished_at) - moment(attempt.started_at)) : "–"),
    h("td", {class: "number"}, attempt.usage?.cpu_microseconds === undefined ? "–" : duration(attempt.usage.cpu_microseconds / 1000)),
    h("td", {class: "number"}, bytes(attempt.usage?.peak_memory_bytes)),
    h("td", null, attempt.failure
      ? `${sentence(words(attempt.failure.kind))}: ${attempt.failure.message}`
      : attempt.completion ? `Exit status ${attempt.completion.exit_status}` : "–"),
  ));
  return card(
    `Attempts (${list.length})`, {}, timeline,
    table("Attempts", ["Node", "Replica", "State", "Wall time", "Processor", "Peak memory", "Outcome"], rows),
  );
}

function answer(task, signal) {
  const completion = task.completion;
  if (!completion) return null;
  const files = completion.outputs.map((output) => (output.blob
    ? file(output.path, output.blob, signal)
    : h("p", {class: "muted pad"}, h("code", null, output.path), " was left out; it is optional or its absence failed the task.")));
  if (completion.standard_output) files.push(file("Standard output", completion.standard_output, signal));
  if (completion.standard_error) files.push(file("Standard error", completion.standard_error, signal));
  return card("Outputs of the agreed answer", {}, h("div", {class: "files"}, files.length > 0 ? files : empty("No output", h("p", null, "It printed nothing and declares no files."))));
}

const SIGNATURE = {
  valid: ["good", "The coordinator's signature is right (checked in this browser)."],
  invalid: ["bad", "The coordinator's signature is wrong: do not trust this receipt."],
  unknown: ["idle", "This browser cannot check the signature here."],
};

function receiptSummary({payload}, signature, task) {
  const {policy} = payload;
  const [tone, text] = SIGNATURE[signature];
  const command = `weft receipt verify receipt-${task.cached_from ?? task.id}.json --coordinator ${payload.coordinator}`;
  return [
    h("p", {class: "note", "data-tone": tone}, text),
    facts(
      ["Coordinator", h("code", null, payload.coordinator)],
      ["Issued", fullTime(payload.issued_at)],
      ["Verdict", badge(payload.task.verdict)],
      ["Policy", policyText(policy)],
      ["Job's digest", h("code", null, digest(payload.job.spec_digest))],
      ["Signed answers", count(payload.results.length, "node")],
    ),
    h("div", {class: "command"}, h("code", null, command), copyButton(command, "Copy")),
    h("p", {class: "hint"}, "Checks the nodes' signatures and everything else, offline."),
  ];
}

"""#),
("js/components/tasks.js", "text/javascript; charset=utf-8", #"""
// `<weft-tasks>`: the tasks of an array as squares and as a table. Both show one store of states, which the events
// change in place; nothing is built anew for an event.

import {json, path, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, fullTime, number, sentence} from "../format.js";
import {empty, Page} from "../page.js";
import {FINAL, setBadge} from "../states.js";
import {CODES, DISAGREED, GRID_LIMIT, NAMES} from "./grid.js";
import {list} from "./list.js";
import {announce, chips} from "./ui.js";

/** A request's tasks: small enough that reading one answer fits into a frame. */
const PAGE = 500;

class Tasks extends Page {
  #job = null;
  #first = 0;
  #states = new Uint8Array(0);
  #details = [];
  #filter = new Set();
  #refilter = null;
  #read = 0;

  /** `array`: `{first, count}` of the spec; `show`: the states to list at first, with commas between. */
  configure(job, array, show) {
    this.#job = job;
    this.#first = array.first;
    this.#states = new Uint8Array(Math.min(array.count, GRID_LIMIT));
    this.#details = new Array(this.#states.length).fill(null);
    this.#filter = new Set(show.split(",").filter((name) => FILTERS.includes(name)));
    this.total = array.count;
  }

  open() {
    this.grid = document.createElement("weft-grid");
    this.grid.addEventListener("choose", (event) => {
      location.hash = `#/jobs/${this.#job.id}/tasks/${event.detail}`;
    });
    this.list = list("tasks-list", {
      label: "Tasks", columns: COLUMNS, create: cells, update: (row, position) => this.#showRow(row, position),
      empty: empty("No such task", h("p", null, "No task of this job is in the chosen states.")),
    });
    this.status = h("p", {class: "muted number pad-x", role: "status"});
    const legend = h("ul", {class: "legend", "aria-label": "Colours"}, [...NAMES, "disagreed"].map((name) =>
      h("li", null, h("span", {class: "swatch", "data-state": name, "aria-hidden": "true"}), name === "disagreed" ? "answers differed" : name)));
    put(
      this,
      h(
        "section", {class: "card", "aria-label": "Grid of tasks"}, legend, this.grid,
        this.total > GRID_LIMIT
          ? h("p", {class: "muted pad-x"}, `The first ${number(GRID_LIMIT)} of ${number(this.total)} tasks; the command line lists them all: weft job tasks ${this.#job.id}`) : null,
      ),
      h(
        "section", {class: "card", "aria-label": "Table of tasks"},
        h("div", {class: "card-head"}, chips("Tasks to list", FILTERS, this.#filter, (chosen) => {
          this.#filter = new Set(chosen);
          this.#refilter();
        })), this.list, this.status,
      ),
    );
    this.#refilter = throttled(200, () => this.#list());
    const reload = throttled(1500, () => this.#load().catch(() => {}));
    this.atEnd(this.#refilter.cancel);
    this.atEnd(reload.cancel);
    this.grid.show(this.#states, this.#first);
    this.#list();
    this.onEvents((batch) => this.#follow(batch, reload), reload);
    this.#load().catch((error) => {
      if (error.name !== "AbortError") say(this.status, `The tasks cannot be read: ${error.message}`);
    });
  }

  /** Reads all tasks, a page at a time. */
  async #load() {
    this.#read += 1;
    const turn = this.#read;
    let cursor = null;
    let known = 0;
    while (known < this.#states.length) {
      const page = await json(path`/api/v1/jobs/${this.#job.id}/tasks` + query({limit: PAGE, cursor}), {signal: this.signal});
      if (turn !== this.#read) return;
      for (const task of page.items) this.#take(task);
      known += page.items.length;
      this.isLoading = Boolean(page.next) && known < this.#states.length;
      this.#refilter();
      cursor = page.next;
      if (!cursor) break;
    }
    this.isLoading = false;
    this.#refilter();
  }

  #take(task) {
    const position = task.index - this.#first;
    if (position < 0 || position >= this.#states.length) return;
    this.#details[position] = {reason: task.reason, verdict: task.verdict, endedAt: task.ended_at, dissenters: task.dissenters, exit: task.completion?.exit_status, origin: task.cached_from};
    this.#set(position, CODES[task.state] | (task.dissenters > 0 || task.verdict === "disagreed" ? DISAGREED : 0));
  }

  #set(position, code) {
    if (this.#states[position] === code) return;
    this.#states[position] = code;
    this.grid.changed(position);
  }

  #follow(batch, reload) {
    const id = this.#job.id;
    let isChanged = false;
    for (const event of batch) {
      if (event.job !== id) continue;
      if (event.kind === "job.moved") {
        // What an event does not tell, for example who differed, is read at the end.
        if (FINAL.has(event.state)) reload();
        continue;
      }
      if (!event.task) continue;
      const position = Number(event.task.split(".")[1]) - this.#first;
      if (!(position >= 0 && position < this.#states.length)) continue;
      const before = this.#states[position];
      if (event.kind === "attempt.started" && (before & 7) === CODES.waiting) this.#set(position, (before & 8) | CODES.running);
      else if (event.kind === "disagreement") this.#set(position, before | DISAGREED);
      else if (event.kind === "task.ended") {
        this.#details[position] = {...this.#details[position], reason: event.reason, verdict: event.verdict, endedAt: event.at};
        this.#set(position, (before & 8) | CODES[event.state] | (event.verdict === "disagreed" ? DISAGREED : 0));
      } else continue;
      isChanged = true;
    }
    if (isChanged) this.#refilter();
  }

  #list() {
    const wanted = this.#filter;
    const items = [];
    const counts = new Array(16).fill(0);
    for (let position = 0; position < this.#states.length; position += 1) {
      const code = this.#states[position];
      counts[code] += 1;
      if (wanted.size === 0 || wanted.has(NAMES[code & 7]) || (code & DISAGREED && wanted.has("disagreed"))) items.push(position);
    }
    this.list.items = items;
    const text = items.length === this.#states.length ? count(items.length, "task") : `${number(items.length)} of ${count(this.#states.length, "task")}`;
    say(this.status, this.isLoading ? `${text}, reading…` : text);
    const failed = counts[CODES.failed] + counts[CODES.failed | DISAGREED];
    if (failed > 0 && this.failed !== undefined && failed > this.failed) announce(`${count(failed, "task")} failed`);
    this.failed = failed;
  }

  #showRow([name, state, verdict, ended, reason], position) {
    const code = this.#states[position];
    const details = this.#details[position];
    const index = this.#first + position;
    set(name.firstChild, "href", `#/jobs/${this.#job.id}/tasks/${index}`);
    say(name.firstChild, `Task ${index}`);
    setBadge(state.firstChild, NAMES[code & 7]);
    const differs = Boolean(code & DISAGREED);
    verdict.firstChild.hidden = !differs && !details?.verdict;
    if (differs) setBadge(verdict.firstChild, "differs", details?.dissenters ? `${details.dissenters} differed` : "differed");
    else if (details?.verdict) setBadge(verdict.firstChild, details.verdict);
    say(ended, details?.endedAt ? fullTime(details.endedAt) : "–");
    say(reason, details?.reason ? sentence(details.reason) : details?.exit === undefined ? "–" : details.origin ? `Answer of task ${details.origin}` : `Exit status ${details.exit}`);
  }
}
customElements.define("weft-tasks", Tasks);

const FILTERS = ["waiting", "running", "succeeded", "failed", "cancelled", "disagreed"];

const COLUMNS = [
  {label: "Task", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Verdict", class: "c-verdict"},
  {label: "Ended", class: "c-when"}, {label: "Outcome", class: "c-reason"},
];

function cells() {
  return [
    h("span", null, h("a", {"data-main": true})), h("span", null, h("span", {class: "badge"})), h("span", null, h("span", {class: "badge"})),
    h("span", {class: "number"}), h("span"),
  ];
}

"""#),
("js/components/timeline.js", "text/javascript; charset=utf-8", #"""
// `<weft-timeline>`: when which node worked on a task. What is running grows until it ends.

import {h, put, say, set} from "../dom.js";
import {duration, moment} from "../format.js";

class Timeline extends HTMLElement {
  #attempts = [];
  #timer = null;
  #rows = [];

  show(attempts) {
    this.#attempts = attempts.filter((attempt) => attempt.started_at)
      .sort((a, b) => moment(a.started_at) - moment(b.started_at));
    this.#build();
  }

  connectedCallback() {
    this.#timer = setInterval(() => {
      if (!document.hidden && this.#attempts.some((attempt) => !attempt.finished_at)) this.#place();
    }, 1000);
    this.#build();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #build() {
    this.#rows = this.#attempts.map((attempt) => {
      const bar = h("span", {class: "timeline-bar", "data-tone": tone(attempt)});
      const length = h("span", {class: "timeline-length number"});
      const element = h(
        "li", {class: "timeline-row"},
        h("span", {class: "timeline-name"}, attempt.node_name, h("span", {class: "muted"}, ` replica ${attempt.replica}`)),
        h("span", {class: "timeline-track", "aria-hidden": "true"}, bar), length,
      );
      return {attempt, bar, length, element};
    });
    const axis = h("div", {class: "timeline-axis number", "aria-hidden": "true"}, h("span", null, "0"), h("span", {class: "timeline-end"}));
    put(this, this.#rows.length > 0
      ? [h("ol", {"aria-label": "Attempts over time"}, this.#rows.map(({element}) => element)), axis]
      : h("p", {class: "muted pad"}, "No attempt has started yet."));
    this.end = axis.lastChild;
    this.#place();
  }

  #place() {
    if (this.#rows.length === 0) return;
    const now = Date.now();
    const starts = this.#attempts.map((attempt) => moment(attempt.started_at));
    const ends = this.#attempts.map((attempt, at) => (attempt.finished_at ? moment(attempt.finished_at) : Math.max(now, starts[at])));
    const from = Math.min(...starts);
    const span = Math.max(1, Math.max(...ends) - from);
    this.#rows.forEach(({bar, length, attempt}, at) => {
      bar.style.left = `${(100 * (starts[at] - from)) / span}%`;
      bar.style.width = `${Math.max(0.6, (100 * (ends[at] - starts[at])) / span)}%`;
      set(bar, "data-tone", tone(attempt));
      say(length, duration(ends[at] - starts[at]));
    });
    say(this.end, duration(span));
  }
}
customElements.define("weft-timeline", Timeline);

function tone(attempt) {
  if (attempt.state === "failed") return "bad";
  if (attempt.agreed === false) return "warn";
  return attempt.state === "completed" ? "good" : "busy";
}

"""#),
("js/components/ui.js", "text/javascript; charset=utf-8", #"""
// Small controls: buttons that say why they cannot, dialogs, messages, announcements, moments.

import {h, say, set, uniqueID} from "../dom.js";
import {ago, fullTime} from "../format.js";
import {icon} from "../icons.js";

/**
 * A button. With `whyNot` it cannot be used, but keeps its place in the order of focus, so that everybody can learn the
 * reason: as description, as tooltip, and as a message when it is pressed.
 */
export function button(label, {action, kind = "", symbol, whyNot = "", name} = {}) {
  const text = h("span", null, label);
  const element = h("button", {type: "button", class: `button ${kind}`.trim(), "aria-label": name}, symbol ? icon(symbol) : null, text);
  let why = "";
  element.addEventListener("click", (event) => {
    if (why) toast(why, "warn");
    else action?.(event);
  });
  element.forbid = (value) => {
    why = value;
    set(element, "aria-disabled", value ? "true" : null);
    set(element, "title", value || null);
    set(element, "aria-description", value || null);
  };
  element.label = (value) => say(text, value);
  element.forbid(whyNot);
  return element;
}

let toasts = null;

/** A short message that goes by itself. */
export function toast(text, tone = "good") {
  toasts ??= document.body.appendChild(h("div", {class: "toasts", role: "status"}));
  const element = h("div", {class: "toast", "data-tone": tone}, text);
  toasts.append(element);
  setTimeout(() => element.remove(), 6000);
}

let announcer = null;
let announceTimer = null;
let announcement = "";

/** Says something to screen readers: the newest, and at most one in four seconds. */
export function announce(text) {
  announcer ??= document.body.appendChild(h("div", {class: "unseen", role: "status", "aria-live": "polite"}));
  announcement = text;
  announceTimer ??= setTimeout(() => {
    announceTimer = null;
    say(announcer, announcement);
  }, 4000);
}

/** Asks before something that cannot be undone; true if the answer is yes. */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    const heading = uniqueID("dialog");
    const dialog = h(
      "dialog", {class: "dialog", "aria-labelledby": heading},
      h("h2", {id: heading}, title), h("p", null, text),
      h(
        "div", {class: "actions end"},
        button("Keep it", {action: () => dialog.close("no")}),
        button(yes, {kind: "danger", action: () => dialog.close("yes")}),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function copyButton(text, label = "Copy") {
  return button(label, {
    symbol: "copy",
    action: async () => {
      try {
        await navigator.clipboard.writeText(text);
        toast("Copied");
      } catch {
        toast("The browser does not allow copying here; select the text instead.", "warn");
      }
    },
  });
}

/** A moment as `3 min ago`, kept current, with the full time as tooltip. */
class Ago extends HTMLElement {
  static shown = new Set();
  static timer = null;
  #at = null;

  set at(value) {
    if (this.#at === value) return;
    this.#at = value;
    set(this, "title", value ? fullTime(value) : null);
    this.tick();
  }

  tick(now = Date.now()) {
    say(this, this.#at ? ago(this.#at, now) : "–");
  }

  connectedCallback() {
    Ago.shown.add(this);
    Ago.timer ??= setInterval(() => {
      const now = Date.now();
      for (const element of Ago.shown) element.tick(now);
    }, 5000);
  }

  disconnectedCallback() {
    Ago.shown.delete(this);
  }
}
customElements.define("weft-ago", Ago);

export function agoElement(text) {
  const element = document.createElement("weft-ago");
  element.at = text;
  return element;
}

/** How a job's tasks are divided: a bar, and the same in words. */
class Progress extends HTMLElement {
  #parts = new Map();
  #bar = null;
  #text = null;

  connectedCallback() {
    if (this.#bar) return;
    this.#bar = h("span", {class: "progress-bar", "aria-hidden": "true"});
    for (const state of ["succeeded", "failed", "cancelled", "running"]) {
      const part = h("span", {"data-state": state});
      this.#parts.set(state, part);
      this.#bar.append(part);
    }
    this.#text = h("span", {class: "progress-text number"});
    this.append(this.#bar, this.#text);
    if (this.counts) this.show(this.counts);
  }

  show(counts) {
    this.counts = counts;
    if (!this.#bar) return;
    for (const [state, part] of this.#parts) {
      const width = `${counts.total ? (100 * counts[state]) / counts.total : 0}%`;
      if (part.style.width !== width) part.style.width = width;
    }
    const ended = counts.succeeded + counts.failed + counts.cancelled;
    const extra = [counts.failed ? `${counts.failed} failed` : "", counts.disagreed ? `${counts.disagreed} disagreed` : ""];
    say(this.#text, [`${ended} of ${counts.total}`, ...extra.filter(Boolean)].join(" · "));
  }
}
customElements.define("weft-progress", Progress);

export function progress(counts) {
  const element = document.createElement("weft-progress");
  element.counts = counts;
  return element;
}

/** How much of something is used: a bar, and the same in words. */
export function meter(label) {
  const fill = h("span", {class: "meter-fill"});
  const text = h("span", {class: "meter-text number"});
  const element = h("span", {class: "meter"}, h("span", {class: "unseen"}, `${label}: `), h("span", {class: "meter-bar", "aria-hidden": "true"}, fill), text);
  element.show = (share, words) => {
    const width = `${Math.round(100 * Math.min(1, Math.max(0, share || 0)))}%`;
    if (fill.style.width !== width) fill.style.width = width;
    say(text, words);
  };
  return element;
}

/** Tabs as the WAI-ARIA practices have them: arrows move, one panel is shown. `tabs`: `{key, label, panel}`. */
export function tabs(label, list, chosen, onChange) {
  const strip = h("div", {class: "tabs", role: "tablist", "aria-label": label});
  const panels = h("div", {class: "tab-panels"});
  const items = list.map(({key, label: title, panel}) => {
    const id = uniqueID("tab");
    const tab = h("button", {type: "button", role: "tab", id, "aria-controls": `${id}-panel`, "data-tab": key}, title);
    set(panel, "role", "tabpanel");
    set(panel, "id", `${id}-panel`);
    set(panel, "aria-labelledby", id);
    panels.append(panel);
    strip.append(tab);
    tab.addEventListener("click", () => choose(key));
    return {key, tab, panel};
  });
  const choose = (key) => {
    for (const item of items) {
      const isChosen = item.key === key;
      set(item.tab, "aria-selected", String(isChosen));
      set(item.tab, "tabindex", isChosen ? 0 : -1);
      item.panel.hidden = !isChosen;
    }
    onChange?.(key);
  };
  strip.addEventListener("keydown", (event) => {
    const at = items.findIndex(({tab}) => tab === document.activeElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const item = items[(to + items.length) % items.length];
    choose(item.key);
    item.tab.focus();
  });
  choose(items.some((item) => item.key === chosen) ? chosen : items[0].key);
  return {element: h("div", {class: "tabbed"}, strip, panels), choose, tab: (key) => items.find((item) => item.key === key)?.tab};
}

/** A row of toggles of which any number may be on. */
export function chips(label, values, chosen, onChange, name = (value) => value) {
  const on = new Set(chosen);
  const element = h("div", {class: "chips", role: "group", "aria-label": label});
  for (const value of values) {
    const chip = h("button", {type: "button", class: "chip", "aria-pressed": String(on.has(value))}, name(value));
    chip.addEventListener("click", () => {
      if (!on.delete(value)) on.add(value);
      set(chip, "aria-pressed", String(on.has(value)));
      onChange([...on]);
    });
    element.append(chip);
  }
  return element;
}

/** A labelled field. */
export function field(label, control, {hint} = {}) {
  const id = control.id || uniqueID("field");
  control.id = id;
  const note = hint ? h("span", {class: "hint", id: `${id}-hint`}, hint) : null;
  if (note) set(control, "aria-describedby", note.id);
  return h("div", {class: "field"}, h("label", {for: id}, label), control, note);
}


/** A table in a region that can be scrolled. `heads`: texts, `[text, class]`, or an empty text over cells that need none. */
export function table(label, heads, rows) {
  const head = ([text, kind]) => (text ? h("th", {scope: "col", class: kind}, text) : h("td"));
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": `Table of ${label.toLowerCase()}`}, h(
    "table", {class: "table"}, h("caption", {class: "unseen"}, label),
    h("thead", null, h("tr", null, heads.map((each) => head([each].flat())))), h("tbody", null, rows),
  ));
}

"""#),
("js/dom.js", "text/javascript; charset=utf-8", #"""
// Making elements. Data reaches the page as text or as attribute values, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element: `h("a", {href: "#/jobs", class: "quiet", on: {click}}, "Jobs")`. Attributes that are false, null or
 * undefined are left out, true stands for an empty value. Children may be nodes, texts, or lists of them.
 */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") {
      for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
    } else {
      set(element, name, value);
    }
  }
  append(element, children);
  return element;
}

/** Writes an attribute only when it differs: an unchanged page costs no layout. */
export function set(element, name, value) {
  if (name.startsWith("on") || name === "style" || name === "srcdoc") throw new TypeError(`no ${name} attributes`);
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces all children. */
export function put(element, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  element.replaceChildren(fragment);
  return element;
}

/** Sets a text only when it differs. */
export function say(element, text) {
  const value = String(text ?? "");
  if (element.textContent !== value) element.textContent = value;
  return element;
}

let counter = 0;

/** An id that no other element has. */
export function uniqueID(prefix = "w") {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Calls `action` at most once in `milliseconds`, the last time included. */
export function throttled(milliseconds, action) {
  let timer = null;
  let last = 0;
  const run = () => {
    timer = null;
    last = performance.now();
    action();
  };
  const call = () => {
    timer ??= setTimeout(run, Math.max(0, last + milliseconds - performance.now()));
  };
  call.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return call;
}

/** Runs `action` in the next frame, however often it is called before that. */
export function framed(action) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      action();
    });
  };
}

"""#),
("js/format.js", "text/javascript; charset=utf-8", #"""
// Values as people read them.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", {maximumFractionDigits: 1});
const clock = new Intl.DateTimeFormat("en", {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const full = new Intl.DateTimeFormat("en", {dateStyle: "medium", timeStyle: "medium", hourCycle: "h23"});

export const number = (value) => whole.format(value);

export function rate(value) {
  if (value === null || value === undefined) return "–";
  return value < 10 ? short.format(value) : whole.format(Math.round(value));
}

export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  let amount = value;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${short.format(amount)} ${units[unit]}`;
}

/** Milliseconds as `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return "–";
  const value = Math.max(0, milliseconds);
  if (value < 1000) return `${Math.round(value)} ms`;
  const seconds = value / 1000;
  if (seconds < 60) return `${short.format(seconds)} s`;
  const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = parts.findIndex(([, size]) => seconds >= size);
  const [unit, size] = parts[first];
  const amount = Math.floor(seconds / size);
  const next = parts[first + 1];
  const rest = next ? Math.floor((seconds - amount * size) / next[1]) : 0;
  return rest > 0 ? `${amount} ${unit} ${rest} ${next[0]}` : `${amount} ${unit}`;
}

export const processors = (millis) => short.format(millis / 1000);
export const moment = (text) => (text ? Date.parse(text) : NaN);
export const time = (text) => clock.format(moment(text));
export const fullTime = (text) => full.format(moment(text));

export function ago(text, now = Date.now()) {
  const passed = now - moment(text);
  if (!Number.isFinite(passed)) return "–";
  if (passed < 5000) return "just now";
  if (passed < 60_000) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < 3_600_000) return `${Math.floor(passed / 60_000)} min ago`;
  if (passed < 86_400_000) return `${Math.floor(passed / 3_600_000)} h ago`;
  return full.format(moment(text));
}

/** The first and last characters of a digest or node id. */
export const digest = (text) => (text ? `${text.replace(/^sha256:/, "").slice(0, 12)}…` : "–");
export const nodeID = (text) => (text ? `…${text.slice(-8)}` : "–");

/** `timedOut` and `max_replicas` as words. */
export function words(name) {
  return name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
}

export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");

"""#),
("js/icons.js", "text/javascript; charset=utf-8", #"""
// Icons as SVG, drawn on a 24 by 24 grid. They are decoration: what they stand for is always there as text, too.

import {svg} from "./dom.js";

const PATHS = {
  overview: "M4 13h4l3-8 3 14 2-6h4",
  jobs: "M5 5h14M5 10h14M5 15h9M5 20h6",
  nodes: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01M12 8h5M12 16h5",
  submit: "M12 5v14M5 12h14",
  events: "M12 7v5l3 2M21 12a9 9 0 1 1-9-9 9 9 0 0 1 9 9z",
  credits: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM14.8 9.2a3.6 3.6 0 1 0 0 5.6",
  webhooks: "M9 15a3 3 0 1 0-3 3h8M12 6a3 3 0 1 1 2.6 4.5L11 17M6.5 12.5 10 7a3 3 0 1 1 5-1",
  tokens: "M14.5 9.5a4.5 4.5 0 1 0-3.6 4.4L13 16h3v3h4v-3.5l-5.6-5.6M8.5 8.5h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  clock: "M12 8v4.5l3 1.5M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z",
  play: "M8 6l10 6-10 6z",
  slash: "M6.5 6.5l11 11M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z",
  differ: "M12 4 3 20h18zM12 10v4.5M12 17.2v.01",
  pause: "M9 6v12M15 6v12",
  download: "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14",
  out: "M14 4h5v16h-5M4 12h10M10.5 8.5 14 12l-3.5 3.5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
};

export function icon(name) {
  return svg(
    "svg", {viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false"},
    svg("path", {
      d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round",
    }),
  );
}

/** The mark of Weft: threads over and under each other. */
export function mark() {
  return svg(
    "svg", {viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false"},
    svg("rect", {width: 32, height: 32, rx: 7, fill: "#4046b8"}),
    svg("path", {
      d: "M7 11h5M18 11h7M7 21h11M24 21h1M11 7v11M11 24v1M21 7v1M21 14v11", fill: "none", stroke: "#fff", "stroke-width": 3,
      "stroke-linecap": "round",
    }),
  );
}

"""#),
("js/live.js", "text/javascript; charset=utf-8", #"""
// The stream of events: one WebSocket for the whole page. Events are gathered and handed on once a frame, so the cost
// of drawing does not grow with their number.

import {session} from "./session.js";
import {json} from "./api.js";

/** Events that may wait for a frame. Past that the pages read anew what they show. */
const PENDING = 20_000;
const LONGEST_WAIT_MS = 15_000;
/** Frames stop in hidden tabs; then events are handed on this often. */
const HIDDEN_MS = 1000;

class Live extends EventTarget {
  /** `closed`, `connecting`, `open`, or `waiting` to connect again. */
  state = "closed";
  /** When the next try is, in milliseconds since 1970, while waiting. */
  nextTryAt = 0;
  /** The newest event's id: where to go on after a break. */
  lastID = null;
  #socket = null;
  #timer = null;
  #failures = 0;
  #listeners = new Set();
  #pending = [];
  #isDue = false;
  #hasOverflowed = false;

  start() {
    this.stop();
    this.lastID = null;
    this.#failures = 0;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#pending = [];
    this.#move("closed");
  }

  retryNow() {
    if (this.state !== "waiting") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** `listener` gets lists of events; `resync` is called when some were missed. Gives what ends it. */
  listen(listener, resync) {
    const entry = {listener, resync};
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #move(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #connect() {
    this.#move("connecting");
    const url = new URL("/api/v1/events", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.lastID) url.searchParams.set("after", this.lastID);
    const socket = new WebSocket(url, ["weft.events.v1", `bearer.${session.secret}`]);
    this.#socket = socket;
    let wasOpen = false;
    socket.addEventListener("open", () => {
      if (this.#socket !== socket) return;
      wasOpen = true;
      const isReturn = this.#failures > 0 && !this.lastID;
      this.#failures = 0;
      this.#move("open");
      // Nothing is known of the time before: what is shown may be old.
      if (isReturn) this.#tellMissed();
    });
    socket.addEventListener("message", ({data}) => {
      if (this.#socket === socket) this.#take(data);
    });
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#failures += 1;
      this.#wait();
      // A browser does not tell why a socket was refused; this request would say that the token is no good.
      if (!wasOpen) json("/api/v1/whoami").catch(() => {});
    });
  }

  #wait() {
    const delay = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(this.#failures - 1, 8)) * (0.75 + Math.random() / 2);
    this.nextTryAt = Date.now() + delay;
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#move("waiting");
  }

  #take(data) {
    let batch;
    try {
      batch = JSON.parse(data);
    } catch {
      return;
    }
    if (!Array.isArray(batch) || batch.length === 0) return;
    this.lastID = batch.at(-1).id;
    if (this.#pending.length + batch.length > PENDING) {
      this.#pending = [];
      this.#hasOverflowed = true;
    } else {
      for (const event of batch) this.#pending.push(event);
    }
    if (this.#isDue) return;
    this.#isDue = true;
    const flush = () => this.#flush();
    if (document.hidden) setTimeout(flush, HIDDEN_MS);
    else requestAnimationFrame(flush);
  }

  #flush() {
    this.#isDue = false;
    const batch = this.#pending;
    this.#pending = [];
    if (this.#hasOverflowed || batch.some((event) => event.kind === "missed")) {
      this.#hasOverflowed = false;
      this.#tellMissed();
    }
    if (batch.length === 0) return;
    for (const {listener} of [...this.#listeners]) listener(batch);
  }

  #tellMissed() {
    for (const {resync} of [...this.#listeners]) resync?.();
  }
}

export const live = new Live();

"""#),
("js/metrics.js", "text/javascript; charset=utf-8", #"""
// What the charts show: the coordinator's counters, read every two seconds while somebody is logged in, so that a chart
// has its past when its page is opened again.

import {json} from "./api.js";

const EVERY_MS = 2000;
/** Five minutes. */
const KEPT = 150;

class Metrics extends EventTarget {
  /** The newest `Stats`, or null. */
  stats = null;
  /** What went wrong with the last reading, or null. */
  problem = null;
  /** Oldest first: `{at, throughput, waiting, running, nodes, disagreements}`. */
  samples = [];
  #timer = null;
  #isOn = false;

  start() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#read();
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.stats = null;
    this.samples = [];
  }

  async #read() {
    try {
      const stats = await json("/api/v1/stats");
      if (!this.#isOn) return;
      this.#add(stats);
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    if (!this.#isOn) return;
    this.dispatchEvent(new Event("change"));
    this.#timer = setTimeout(() => this.#read(), EVERY_MS);
  }

  #add(stats) {
    const at = Date.now();
    const before = this.stats;
    const last = this.samples.at(-1);
    this.stats = stats;
    // After a restart the counters begin at zero: there is no rate between the two.
    const isSame = before && last && before.started_at === stats.started_at;
    const seconds = isSame ? (at - last.at) / 1000 : 0;
    this.samples.push({
      at,
      throughput: isSame && seconds > 0 ? (stats.tasks_ended - before.tasks_ended) / seconds : 0,
      waiting: stats.tasks_waiting,
      running: stats.attempts_running,
      nodes: stats.nodes_connected,
      disagreements: isSame ? Math.max(0, stats.disagreements - before.disagreements) : 0,
    });
    if (this.samples.length > KEPT) this.samples.shift();
  }
}

export const metrics = new Metrics();

"""#),
("js/names.js", "text/javascript; charset=utf-8", #"""
// Names of nodes by their ids, for what the API tells by id alone.

import {json} from "./api.js";
import {nodeID} from "./format.js";
import {live} from "./live.js";

const names = new Map();
let isLoading = null;

live.listen((batch) => {
  for (const event of batch) if (event.node && event.name) names.set(event.node, event.name);
});

/** Reads the names of all nodes, once; failures leave the ids. */
export function loadNames() {
  isLoading ??= json("/api/v1/nodes").then(({items}) => {
    for (const node of items) names.set(node.id, node.name);
  }).catch(() => {
    isLoading = null;
  });
  return isLoading;
}

export const nameOf = (id) => names.get(id) ?? nodeID(id);

"""#),
("js/page.js", "text/javascript; charset=utf-8", #"""
// What all pages share: they are custom elements that live as long as they are shown.

import {h, put} from "./dom.js";
import {live} from "./live.js";
import {Problem} from "./api.js";

export class Page extends HTMLElement {
  #stop = new AbortController();
  #ends = [];

  /** The route's parameters, set before the page is shown. */
  parameters = {};
  /** The part of the route behind `?`. */
  search = new URLSearchParams();

  /** Aborted when the page goes away. */
  get signal() {
    return this.#stop.signal;
  }

  connectedCallback() {
    this.open();
  }

  disconnectedCallback() {
    this.#stop.abort();
    for (const end of this.#ends.splice(0)) end();
    this.close();
  }

  /** Builds the page. */
  open() {}

  close() {}

  /** Runs `action` when the page goes away. */
  atEnd(action) {
    this.#ends.push(action);
  }

  /** Lists of events, one list a frame; `resync` when some were missed. */
  onEvents(listener, resync) {
    this.atEnd(live.listen(listener, resync));
  }

  /** Runs `action` now and then every `milliseconds` after it has ended; not in hidden tabs. */
  every(milliseconds, action) {
    let timer = null;
    const run = async () => {
      if (!document.hidden) await action();
      if (!this.signal.aborted) timer = setTimeout(run, milliseconds);
    };
    this.atEnd(() => clearTimeout(timer));
    run();
  }

  /** Runs `action`; what goes wrong is shown in `place` with a button to try again. */
  async load(place, action) {
    if (!place.hasChildNodes()) put(place, loading());
    try {
      await action();
    } catch (error) {
      if (error.name === "AbortError" || this.signal.aborted) return;
      put(place, failure(error, () => {
        put(place);
        this.load(place, action);
      }));
    }
  }
}

/** The head of a page; the heading takes the focus when the page opens. */
export function pageHead(title, {crumbs, actions, note} = {}) {
  document.title = typeof title === "string" ? `${title} · Weft` : "Weft";
  return h(
    "div", {class: "page-head"},
    crumbs ? h("p", {class: "crumbs"}, crumbs) : null,
    h("div", {class: "grow"}, h("h1", {tabindex: -1}, title), note ? h("p", {class: "muted"}, note) : null),
    actions ? h("div", {class: "actions"}, actions) : null,
  );
}

function loading(text = "Loading…") {
  return h("div", {class: "state", role: "status"}, h("span", {class: "spinner", "aria-hidden": "true"}), text);
}

export function empty(title, ...more) {
  return h("div", {class: "state"}, h("strong", null, title), ...more);
}

export function failure(error, retry) {
  const problem = error instanceof Problem ? error : null;
  // A mistake of this page is a mistake to be seen.
  if (!problem) console.error(error);
  return h(
    "div", {class: "state", "data-tone": "bad", role: "alert"},
    h("strong", null, problem ? problem.title : "This page made a mistake"),
    h("p", null, problem ? problem.detail : String(error.message ?? error)),
    problem?.requestID ? h("p", {class: "muted"}, "Request ", h("code", null, problem.requestID)) : null,
    retry ? h("button", {type: "button", class: "button", on: {click: retry}}, "Try again") : null,
  );
}

export function card(title, {actions, id, flush} = {}, ...children) {
  return h(
    "section", {class: flush ? "card flush" : "card", id, "aria-label": title},
    h("div", {class: "card-head"}, h("h2", null, title), actions ? h("div", {class: "actions"}, actions) : null),
    children,
  );
}

/** Pairs of a term and what it is; pairs without a value are left out. */
export function facts(...pairs) {
  return h(
    "dl", {class: "facts"},
    pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined && pair[1] !== "").map(([term, value]) =>
      h("div", null, h("dt", null, term), h("dd", null, value))),
  );
}

"""#),
("js/pages/credits.js", "text/javascript; charset=utf-8", #"""
import {json, path, post, problemText, query} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {nodeID} from "../format.js";
import {card, empty, facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {agoElement, button, field, table, toast} from "../components/ui.js";

const PAGE = 100;

const KINDS = {
  grant: "granted", escrow: "set aside", top_up: "set aside, more", payment: "paid", refund: "given back", reversal: "taken back",
};

/** A link to an account, with a name for people. */
export function accountLink(account) {
  const [kind, name] = account.split(/:(.*)/s);
  const text = {submitter: name, node: `node ${nodeID(name)}`, escrow: `set aside for job ${name}`}[kind] ?? "issued by admins";
  return h("a", {href: `#/credits/${encodeURIComponent(account)}`, title: account}, text);
}

/** Shows page after page in `show`, the next when the button in `place` is pressed. */
function readPages(place, read, show) {
  const items = [];
  const readOn = async (cursor) => {
    const page = await read(cursor);
    items.push(...page.items);
    show(items);
    put(place, page.next ? button("More", {action: () => readOn(page.next).catch((error) => toast(error.message, "bad"))}) : null);
  };
  return readOn(null);
}

/** Whether jobs cost nothing at this coordinator: then there are no books. */
const costNothing = (error) => error.status === 404;

const noPrices = () => empty(
  "Jobs cost nothing here", h("p", null, "This coordinator was started without prices, so there are no credits to be shown."),
);

/** All accounts that one may see, and grants. */
class Credits extends Page {
  open() {
    const why = session.whyNot("submitter");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Credits"), this.body);
    if (why) {
      put(this.body, empty("Viewers have no account", h("p", null, why)));
      return;
    }
    this.accounts = h("div");
    this.more = h("div", {class: "actions pad"});
    this.load(this.body, async () => {
      try {
        await this.#read();
      } catch (error) {
        if (!costNothing(error)) throw error;
        put(this.body, noPrices());
        return;
      }
      put(this.body, session.may("admin") ? this.#form() : null, card("Accounts", {}, this.accounts, this.more));
    });
  }

  #read() {
    return readPages(
      this.more, (cursor) => json(`/api/v1/credits${query({limit: PAGE, cursor})}`, {signal: this.signal}), (items) => this.#show(items),
    );
  }

  #show(accounts) {
    if (accounts.length === 0) {
      put(this.accounts, empty("No account has anything yet", h("p", null, "An admin grants credits to who submits jobs.")));
      return;
    }
    put(this.accounts, table("Accounts", ["Account", ["Balance", "amount"], ["Set aside", "amount"]], accounts.map((each) => h(
      "tr", null, h("th", {scope: "row"}, accountLink(each.account)), h("td", {class: "amount"}, each.balance),
      h("td", {class: "amount"}, each.reserved ?? ""),
    ))));
  }

  #form() {
    const submitter = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 64});
    const amount = h("input", {class: "input", autocomplete: "off", required: true, inputmode: "decimal", maxlength: 20});
    const reason = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 500});
    const controls = {submitter, amount, reason};
    const problem = h("p", {class: "field-problem", role: "alert"});
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Submitter", submitter), field("Credits", amount), field("Reason", reason),
      h("button", {type: "submit", class: "button primary"}, "Grant"), problem,
    );
    // A grant that is sent again after its answer was lost is made once.
    let key = crypto.randomUUID();
    for (const control of Object.values(controls)) control.addEventListener("input", () => (key = crypto.randomUUID()));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      for (const control of Object.values(controls)) set(control, "aria-invalid", null);
      try {
        const asked = {submitter: submitter.value.trim(), amount: amount.value.trim(), reason: reason.value.trim()};
        const made = await post("/api/v1/credits/grants", asked, {signal: this.signal, headers: {"idempotency-key": key}});
        toast(`${asked.submitter} was granted ${made.amount} credits`);
        form.reset();
        key = crypto.randomUUID();
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        const wrong = error.errors?.map((each) => controls[each.field]).filter(Boolean) ?? [];
        for (const control of wrong) set(control, "aria-invalid", "true");
        say(problem, problemText(error));
        (wrong[0] ?? submitter).focus();
      }
    });
    return card("Grant credits", {}, form);
  }
}
customElements.define("weft-credits", Credits);

/** What happened on one account, oldest first. */
class Statement extends Page {
  open() {
    const {account} = this.parameters;
    this.body = h("div", {class: "stack"});
    this.account = h("div", {class: "pad"});
    this.lines = h("div");
    this.more = h("div", {class: "actions pad"});
    put(this, pageHead(account, {crumbs: h("a", {href: "#/credits"}, "Credits")}), this.body);
    this.load(this.body, async () => {
      const found = await json(path`/api/v1/credits/${account}`, {signal: this.signal});
      put(this.account, facts(["Balance", `${found.balance} credits`], ["Set aside", found.reserved ? `${found.reserved} credits` : null]));
      await readPages(
        this.more, (cursor) => json(path`/api/v1/credits/${account}/statement` + query({limit: PAGE, cursor}), {signal: this.signal}),
        (lines) => this.#show(lines),
      );
      put(this.body, card("Account", {}, this.account), card("Statement", {}, this.lines, this.more));
    });
  }

  #show(lines) {
    if (lines.length === 0) {
      put(this.lines, empty("Nothing has happened on this account"));
      return;
    }
    const heads = ["When", "What", "With", ["Change", "amount"], ["Balance", "amount"], "For"];
    put(this.lines, table("Movements", heads, lines.map(({movement, change, balance}) => h(
      "tr", null, h("td", null, agoElement(movement.at)), h("th", {scope: "row"}, KINDS[movement.kind] ?? movement.kind),
      h("td", null, accountLink(movement.from === this.parameters.account ? movement.to : movement.from)),
      h("td", {class: "amount"}, change.startsWith("-") ? change : `+${change}`), h("td", {class: "amount"}, balance),
      h("td", null, this.#what(movement)),
    ))));
  }

  #what({task, job, reason, by, shortfall}) {
    const [number, index] = task?.split(".") ?? [];
    return [
      task ? h("a", {href: `#/jobs/${number}/tasks/${index}`}, `task ${task}`) : job ? h("a", {href: `#/jobs/${job}`}, `job ${job}`) : null,
      reason ? ` ${reason}` : null, by ? ` (by ${by})` : null, shortfall ? ` (${shortfall} more were not there)` : null,
    ];
  }
}
customElements.define("weft-statement", Statement);

"""#),
("js/pages/events.js", "text/javascript; charset=utf-8", #"""
import {json, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, number, time, words} from "../format.js";
import {live} from "../live.js";
import {empty, Page, pageHead} from "../page.js";
import {eventTone} from "../states.js";
import {loadNames, nameOf} from "../names.js";
import {list} from "../components/list.js";
import {button, chips, field} from "../components/ui.js";

const KINDS = [
  "job.submitted", "job.moved", "task.ended", "attempt.started", "attempt.ended", "disagreement", "node.joined", "node.left", "node.changed",
  "credits.moved",
];
/** Events kept on the page. */
const KEPT = 5000;
/** Events asked for at first. */
const PAST = 1000;

/** Everything as it happens, newest first. */
class Events extends Page {
  /** Oldest first. */
  #events = [];
  #kinds = new Set();
  #job = "";
  #text = "";
  #isPaused = false;
  #held = 0;
  #draw = null;

  open() {
    this.#kinds = new Set(this.search.getAll("kind"));
    this.#job = this.search.get("job") ?? "";
    const job = h("input", {type: "search", class: "input short", inputmode: "numeric", value: this.#job});
    const text = h("input", {type: "search", class: "input"});
    const filter = throttled(150, () => {
      this.#job = job.value.trim();
      this.#text = text.value.trim().toLowerCase();
      this.#show();
    });
    for (const input of [job, text]) input.addEventListener("input", filter);
    this.#draw = throttled(120, () => this.#show());
    this.atEnd(filter.cancel);
    this.atEnd(this.#draw.cancel);
    this.pause = button("Pause", {symbol: "pause", action: () => this.#togglePause()});
    this.list = list("events-list", {
      label: "Events, newest first", columns: COLUMNS, create: cells, update: showEvent,
      empty: empty("No event", h("p", null, "Nothing happened yet, or nothing that the filter lets through.")),
    });
    this.body = h("div", {class: "list-place"});
    this.total = h("span", {class: "muted number"});
    put(
      this, pageHead("Events", {actions: this.pause}),
      h("div", {class: "filters"}, chips("Kind", KINDS, this.#kinds, (kinds) => {
        this.#kinds = new Set(kinds);
        this.#show();
      }, kindName), field("Job", job), field("Text", text)),
      this.body, h("div", {class: "list-foot"}, this.total),
    );
    this.onEvents((batch) => this.#take(batch), () => this.#past().then(() => this.#show(), () => {}));
    this.load(this.body, async () => {
      await Promise.all([this.#past(), loadNames()]);
      put(this.body, this.list);
      this.#show();
    });
  }

  /** Events before this page was opened. Where the newest one's number is known, only the last of them. */
  async #past() {
    const [epoch, last] = (live.lastID ?? "").split("-");
    const after = last ? `${epoch}-${Math.max(0, Number(last) - PAST)}` : null;
    const {items} = await json(`/api/v1/events${query({after, limit: 10_000})}`, {signal: this.signal});
    const known = new Set(this.#events.map((event) => event.id));
    const fresh = items.filter((event) => !known.has(event.id) && event.kind !== "missed");
    this.#events = [...fresh, ...this.#events].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : sequence(a) - sequence(b))).slice(-KEPT);
  }

  #take(batch) {
    for (const event of batch) this.#events.push(event);
    if (this.#events.length > KEPT + 1000) this.#events = this.#events.slice(-KEPT);
    if (this.#isPaused) {
      this.#held += batch.length;
      say(this.total, `Paused; ${count(this.#held, "new event")}`);
    } else this.#draw();
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#held = 0;
    this.pause.label(this.#isPaused ? "Go on" : "Pause");
    set(this.pause, "aria-pressed", String(this.#isPaused));
    this.#show();
  }

  #show() {
    const items = [];
    for (let at = this.#events.length - 1; at >= 0 && items.length < KEPT; at -= 1) {
      const event = this.#events[at];
      if (this.#passes(event)) items.push(event);
    }
    this.list.items = items;
    if (!this.#isPaused) say(this.total, `${number(items.length)} of the newest ${count(this.#events.length, "event")}`);
  }

  #passes(event) {
    if (this.#kinds.size > 0 && !this.#kinds.has(event.kind) && event.kind !== "missed") return false;
    if (this.#job && String(event.job ?? "") !== this.#job) return false;
    if (!this.#text) return true;
    return `${event.kind} ${event.task ?? ""} ${event.name ?? ""} ${event.node ? nameOf(event.node) : ""} ${event.state ?? ""} ${event.reason ?? ""}`
      .toLowerCase().includes(this.#text);
  }
}
customElements.define("weft-events", Events);

const COLUMNS = [
  {label: "Time", class: "c-time number"}, {label: "Event", class: "c-kind"}, {label: "About", class: "c-about"}, {label: "What happened", class: "c-what"},
];

function cells() {
  return [h("span"), h("span", null, h("span", {class: "kind"})), h("span", null, h("a", {"data-main": true})), h("span")];
}

function showEvent([at, kind, about, what], event) {
  say(at, time(event.at));
  set(kind.firstChild, "data-tone", eventTone(event));
  say(kind.firstChild, kindName(event.kind));
  const link = about.firstChild;
  const [index, job] = [event.task?.split(".")[1], event.job];
  set(link, "href", job ? `#/jobs/${job}${index === undefined ? "" : `/tasks/${index}`}` : event.node ? `#/nodes/${event.node}` : null);
  say(link, event.task ? `task ${event.task}` : job ? `job ${job}` : event.node ? nameOf(event.node) : "–");
  say(what, description(event));
}

const sequence = (event) => Number(event.id.split("-")[1]);

const kindName = (kind) => kind.replace(".", " ");

function description(event) {
  const parts = [];
  if (event.name && !event.node) parts.push(`“${event.name}”`);
  if (event.node && event.job) parts.push(`on ${nameOf(event.node)}`);
  if (event.state) parts.push(words(event.state));
  if (event.verdict) parts.push(event.verdict);
  if (event.score !== undefined) parts.push(`reputation ${event.score}`);
  if (event.counts) parts.push(`${event.counts.succeeded + event.counts.failed + event.counts.cancelled} of ${event.counts.total} ended`);
  if (event.amount !== undefined) parts.push(`${event.amount} credits from ${event.from} to ${event.to}`);
  if (event.missed) parts.push(`${number(event.missed)} events were missed`);
  if (event.reason) parts.push(event.reason);
  return parts.join(" · ") || "–";
}

"""#),
("js/pages/job.js", "text/javascript; charset=utf-8", #"""
import {json, path, post, query, save, send} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, duration, fullTime, moment, number, sentence} from "../format.js";
import {facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {FINAL, setBadge} from "../states.js";
import {loadNames, nameOf} from "../names.js";
import {announce, button, confirm, progress, tabs, toast} from "../components/ui.js";
import {definition} from "../components/definition.js";
import "../components/tasks.js";
import "../components/log.js";
import "../components/task.js";

function costs({reserved, spent, refunded}) {
  return refunded === undefined ? `${spent} credits so far, ${reserved} at most` : `${spent} credits; ${refunded} of ${reserved} given back`;
}

/** One job. */
class Job extends Page {
  #job = null;
  #tabs = null;

  open() {
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    this.load(this.body, () => this.#first());
  }

  async #first() {
    const id = this.parameters.job;
    const [job, spec] = await Promise.all([
      json(path`/api/v1/jobs/${id}`, {signal: this.signal}), json(path`/api/v1/jobs/${id}/spec`, {signal: this.signal}),
      loadNames(),
    ]);
    this.#build(job, spec);
    this.#show(job);
    const reread = throttled(700, () => this.#reread());
    this.atEnd(reread.cancel);
    this.onEvents((batch) => {
      let newest = null;
      for (const event of batch) if (event.kind === "job.moved" && event.job === id) newest = event;
      if (!newest) return;
      if (FINAL.has(newest.state)) {
        announce(`Job ${id} ${newest.state}`);
        reread();
      }
      this.#show({...this.#job, state: newest.state, counts: newest.counts});
    }, reread);
    this.every(4000, () => this.#explain());
  }

  async #reread() {
    try {
      this.#show(await json(path`/api/v1/jobs/${this.parameters.job}`, {signal: this.signal}));
    } catch {
      // What is shown stays.
    }
  }

  #build(job, spec) {
    this.state = h("span", {class: "badge large"});
    this.bar = progress(job.counts);
    this.facts = h("div");
    this.why = h("div", {class: "why", role: "status", hidden: true});
    this.cancel = button("Cancel", {kind: "danger", symbol: "cross", name: `Cancel job ${job.id}`, action: () => this.#cancel()});
    const again = button("Run again", {
      symbol: "play", whyNot: session.whyNot("submitter"), action: () => {
        location.hash = `#/submit?from=${job.id}`;
      },
    });
    const isArray = spec.array !== undefined;
    this.logs = document.createElement("weft-log");
    this.logs.className = "card";
    let tasks;
    if (isArray) {
      tasks = document.createElement("weft-tasks");
      tasks.configure(job, spec.array, this.search.get("show") ?? "");
    } else {
      tasks = document.createElement("weft-task");
      tasks.parameters = {job: job.id, index: 0};
    }
    let hasLogs = false;
    this.#tabs = tabs(
      "Parts of the job",
      [
        {key: "tasks", label: isArray ? "Tasks" : "Task", panel: h("div", null, tasks)},
        {key: "logs", label: "Logs", panel: h("div", null, this.logs)},
        {key: "definition", label: "Definition", panel: h("div", null, definition(spec, job, this.signal))},
      ],
      this.search.get("tab") ?? "tasks",
      (key) => {
        if (key === "logs" && !hasLogs) {
          hasLogs = true;
          this.logs.follow(job.id, null, isArray);
        }
        const show = key === "tasks" ? this.search.get("show") : null;
        history.replaceState(null, "", `#/jobs/${job.id}${query({tab: key === "tasks" ? null : key, show})}`);
      },
    );
    put(
      this.body,
      pageHead(job.name, {
        crumbs: [h("a", {href: "#/jobs"}, "Jobs"), ` / ${job.id}`],
        actions: [this.state, again, isArray ? null : this.#receipt(job), this.cancel],
      }),
      h("section", {class: "card pad", "aria-label": "Progress"}, this.bar, this.facts), this.why, this.#tabs.element,
    );
  }

  #receipt(job) {
    this.receipt = button("Receipt", {symbol: "download", name: "Download the receipt", action: async () => {
      try {
        const response = await send(path`/api/v1/jobs/${job.id}/tasks/0/receipt`, {signal: this.signal});
        save(await response.arrayBuffer(), `receipt-${job.id}.0.json`, "application/vnd.weft.receipt+json");
      } catch (error) {
        toast(error.message, "bad");
      }
    }});
    return this.receipt;
  }

  #show(job) {
    const hasEnded = !FINAL.has(this.#job?.state) && FINAL.has(job.state);
    this.#job = job;
    setBadge(this.state, job.state);
    this.bar.show(job.counts);
    const labels = Object.entries(job.labels);
    const key = JSON.stringify([job.state, job.reason, job.ended_at]);
    if (this.shown !== key) {
      this.shown = key;
      put(this.facts, facts(
        ["Reason", job.reason ? sentence(job.reason) : null],
        ["Submitted", `${fullTime(job.submitted_at)} by ${job.submitter}`],
        ["Took", job.ended_at ? duration(moment(job.ended_at) - moment(job.submitted_at)) : null],
        ["Costs", job.credits ? h("a", {href: `#/credits/escrow%3A${job.id}`}, costs(job.credits)) : null],
        ["From the cache", job.cached ? count(job.cached, "task") : null],
        ["Priority", job.priority ? String(job.priority) : null],
        ["Labels", labels.length > 0 ? labels.map(([name, value]) => h(
          "a", {class: "tag", href: `#/jobs${query({label: `${name}=${value}`})}`}, `${name}=${value}`)) : null],
      ));
    }
    this.cancel.hidden = FINAL.has(job.state);
    this.cancel.forbid(session.whyNotCancel(job));
    this.receipt?.forbid(FINAL.has(job.state) ? "" : "There is a receipt once the task has ended.");
    if (hasEnded) this.why.hidden = true;
  }

  async #cancel() {
    const job = this.#job;
    const left = job.counts.total - job.counts.succeeded - job.counts.failed - job.counts.cancelled;
    const isSure = await confirm(
      `Cancel job ${job.id}?`, `What has not ended (${count(left, "task")}) will not run. This cannot be undone.`, "Cancel the job",
    );
    if (!isSure) return;
    try {
      this.#show(await post(path`/api/v1/jobs/${job.id}/cancel`));
      toast(`Job ${job.id} was cancelled`);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  /** Why the job waits, while it does. */
  async #explain() {
    const {state, counts, id} = this.#job;
    const ended = counts.succeeded + counts.failed + counts.cancelled;
    if (FINAL.has(state) || counts.total - ended - counts.running <= 0) {
      this.why.hidden = true;
      return;
    }
    let why;
    try {
      why = await json(path`/api/v1/jobs/${id}/explain`, {signal: this.signal});
    } catch {
      return;
    }
    this.why.hidden = why.kind === "notWaiting" || FINAL.has(this.#job.state);
    const key = JSON.stringify(why);
    if (this.whyKey === key) return;
    this.whyKey = key;
    set(this.why, "data-tone", why.kind === "neverHere" ? "bad" : "idle");
    put(
      this.why,
      h("h2", null, why.kind === "neverHere" ? "It cannot run here" : "Why it waits"),
      h("p", null, sentence(why.summary)),
      why.suggestion ? h("p", {class: "suggestion"}, h("strong", null, "Smallest change that would place it: "), why.suggestion) : null,
      why.reasons.length > 0 ? h("ul", {class: "reasons"}, why.reasons.map((reason) => h(
        "li", null, h("code", null, reason.field), " ", sentence(reason.message), " ",
        reason.node_count > 0 ? h("span", {class: "muted"}, nodesText(reason)) : null,
      ))) : null,
    );
  }
}
customElements.define("weft-job", Job);

function nodesText({nodes, node_count: total}) {
  const more = total - nodes.length;
  return `(${nodes.map(nameOf).join(", ")}${more > 0 ? ` and ${number(more)} more` : ""})`;
}

/** One task of an array, on a page of its own. */
class TaskPage extends Page {
  open() {
    const {job, index} = this.parameters;
    const title = `Task ${job}.${index}`;
    const task = document.createElement("weft-task");
    task.parameters = {job, index};
    const name = h("a", {href: `#/jobs/${job}`}, `Job ${job}`);
    const logs = document.createElement("weft-log");
    logs.className = "card";
    const link = (to, text) => h("a", {class: "button small", href: `#/jobs/${job}/tasks/${to}`}, text);
    const around = h("div", {class: "actions"});
    json(path`/api/v1/jobs/${job}/spec`, {signal: this.signal}).then((spec) => {
      say(name, spec.name);
      const {first, count: total} = spec.array ?? {first: 0, count: 1};
      put(around, index > first ? link(index - 1, "Previous task") : null, index + 1 < first + total ? link(index + 1, "Next task") : null);
    }, () => {});
    const place = h("div");
    put(
      this, pageHead(title, {crumbs: [h("a", {href: "#/jobs"}, "Jobs"), " / ", name, ` / ${index}`], actions: around}),
      h("div", {class: "stack"}, place, h("section", {"aria-label": "Log"}, logs)),
    );
    put(place, task);
    logs.follow(job, index, false);
  }
}
customElements.define("weft-task-page", TaskPage);


"""#),
("js/pages/jobs.js", "text/javascript; charset=utf-8", #"""
import {json, query} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {count, duration, moment} from "../format.js";
import {empty, Page, pageHead} from "../page.js";
import {FINAL, setBadge, STATES} from "../states.js";
import {list} from "../components/list.js";
import {agoElement, announce, button, chips, field} from "../components/ui.js";

const PAGE = 100;

/** All jobs, newest first, a page at a time; those shown follow the events. */
class Jobs extends Page {
  #jobs = [];
  #next = null;
  #filter = {};

  open() {
    this.#filter = {
      state: this.search.getAll("state").filter((state) => STATES.includes(state)), label: this.search.get("label") ?? "",
      submitter: this.search.get("submitter") ?? "",
    };
    const label = h("input", {type: "search", class: "input", value: this.#filter.label, placeholder: "key=value"});
    const submitter = h("input", {type: "search", class: "input", value: this.#filter.submitter});
    const change = throttled(300, () => this.#change({label: label.value.trim(), submitter: submitter.value.trim()}));
    this.atEnd(change.cancel);
    for (const input of [label, submitter]) input.addEventListener("input", change);
    this.list = list("jobs-list", {
      label: "Jobs", columns: COLUMNS, create: jobCells, update: showJob,
      empty: empty("No job here", h("p", null, "None matches, or none was submitted yet."), h("a", {class: "button", href: "#/submit"}, "Submit a job")),
    });
    this.body = h("div", {class: "list-place"});
    this.more = button("Load older jobs", {action: () => this.#older()});
    this.total = h("span", {class: "muted number", role: "status"});
    put(
      this, pageHead("Jobs", {actions: h("a", {class: "button primary", href: "#/submit"}, "Submit a job")}),
      h(
        "div", {class: "filters"},
        chips("State", STATES, this.#filter.state, (state) => this.#change({state})), field("Label", label), field("Submitter", submitter),
      ),
      this.body, h("div", {class: "list-foot"}, this.total, this.more),
    );
    const renew = throttled(1000, () => this.#renew().catch(() => {}));
    this.atEnd(renew.cancel);
    this.onEvents((batch) => this.#follow(batch, renew), renew);
    this.load(this.body, () => this.#first());
  }

  #url(cursor, limit = PAGE) {
    return `/api/v1/jobs${query({...this.#filter, label: this.#filter.label.includes("=") ? this.#filter.label : "", cursor, limit})}`;
  }

  #change(change) {
    Object.assign(this.#filter, change);
    history.replaceState(null, "", `#/jobs${query(this.#filter)}`);
    this.load(this.body, () => this.#first());
  }

  async #first() {
    const {items, next} = await json(this.#url(null), {signal: this.signal});
    this.#jobs = items;
    this.#next = next ?? null;
    if (this.body.firstChild !== this.list) put(this.body, this.list);
    this.#show();
  }

  async #older() {
    if (!this.#next) return;
    try {
      const {items, next} = await json(this.#url(this.#next), {signal: this.signal});
      this.#jobs.push(...items);
      this.#next = next ?? null;
      this.#show();
      announce(`${count(items.length, "job")} more`);
    } catch (error) {
      if (error.name !== "AbortError") say(this.total, error.message);
    }
  }

  /** The newest jobs anew; those loaded before stay below them. */
  async #renew() {
    const {items} = await json(this.#url(null), {signal: this.signal});
    const fresh = new Set(items.map((job) => job.id));
    const oldest = items.at(-1)?.id ?? 0;
    this.#jobs = [...items, ...(items.length === PAGE ? this.#jobs.filter((job) => job.id < oldest && !fresh.has(job.id)) : [])];
    this.#show();
  }

  #follow(batch, renew) {
    let byID = null;
    let isChanged = false;
    for (const event of batch) {
      if (event.kind === "job.submitted") renew();
      if (event.kind !== "job.moved") continue;
      byID ??= new Map(this.#jobs.map((job) => [job.id, job]));
      const job = byID.get(event.job);
      if (!job) continue;
      job.state = event.state;
      job.counts = event.counts;
      if (FINAL.has(event.state)) job.ended_at ??= event.at;
      isChanged = true;
      if (this.#filter.state.length > 0 && !this.#filter.state.includes(job.state)) renew();
    }
    if (isChanged) this.list.refresh();
  }

  #show() {
    this.list.items = this.#jobs;
    set(this.more, "hidden", !this.#next);
    say(this.total, this.#next ? `The newest ${this.#jobs.length}` : count(this.#jobs.length, "job"));
  }
}
customElements.define("weft-jobs", Jobs);

const COLUMNS = [
  {label: "Job", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Progress", class: "c-progress"},
  {label: "Submitter", class: "c-by"}, {label: "Submitted", class: "c-when"}, {label: "Took", class: "c-took number"},
];

function jobCells() {
  return [
    h("span", null, h("a", {"data-main": true}), h("span", {class: "muted small number"})),
    h("span", null, h("span", {class: "badge"})),
    h("span", null, document.createElement("weft-progress")),
    h("span"), h("span", null, agoElement(null)), h("span"),
  ];
}

function showJob([name, state, bar, by, when, took], job) {
  const link = name.firstChild;
  set(link, "href", `#/jobs/${job.id}`);
  say(link, job.name);
  say(name.lastChild, `#${job.id}`);
  setBadge(state.firstChild, job.state);
  bar.firstChild.show(job.counts);
  say(by, job.submitter);
  when.firstChild.at = job.submitted_at;
  say(took, job.ended_at ? duration(moment(job.ended_at) - moment(job.submitted_at)) : "–");
}

"""#),
("js/pages/login.js", "text/javascript; charset=utf-8", #"""
import {json, Problem} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {mark} from "../icons.js";
import {session} from "../session.js";

/** The form that takes a token. */
class Login extends HTMLElement {
  connectedCallback() {
    const input = h("input", {
      type: "password", id: "token", class: "input mono", autocomplete: "current-password", spellcheck: "false", required: true,
      "aria-describedby": "token-hint token-problem",
    });
    const problem = h("p", {class: "field-problem", id: "token-problem", role: "alert"}, session.farewell);
    const enter = h("button", {type: "submit", class: "button primary"}, "Log in");
    const form = h(
      "form", {class: "login-form", novalidate: true},
      h("h1", null, "Log in to Weft"),
      h(
        "div", {class: "field"}, h("label", {for: "token"}, "Token"), input, problem,
        h("p", {class: "hint", id: "token-hint"}, "It stays in this tab and is forgotten when you close it."),
      ),
      enter,
      h(
        "details", null, h("summary", null, "Where do I get one?"),
        h("p", null, "On the coordinator's machine the file ", h("code", null, "admin.token"), " in its data directory has one. An admin makes others:"),
        h("p", {class: "command"}, h("code", null, "weft token create alice --role viewer")),
      ),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const secret = input.value.trim();
      if (!secret) {
        this.#fail(input, problem, "Enter a token.");
        return;
      }
      enter.disabled = true;
      try {
        const who = await json("/api/v1/whoami", {secret});
        session.begin(secret, who);
      } catch (error) {
        enter.disabled = false;
        this.#fail(input, problem, reason(error));
      }
    });
    put(this, h("main", {class: "login"}, h("div", {class: "login-mark"}, mark()), form));
    input.focus();
  }

  #fail(input, problem, text) {
    say(problem, text);
    set(input, "aria-invalid", "true");
    input.select();
    input.focus();
  }
}
customElements.define("weft-login", Login);

function reason(error) {
  if (!(error instanceof Problem)) return "This token cannot be sent: it has characters that no token has.";
  if (error.status === 401) return "This token is not known, or it was revoked.";
  if (error.status === 403) return "This token admits machines as nodes and nothing else; use one with the role viewer, submitter or admin.";
  return `${error.title}. ${error.detail}`;
}

"""#),
("js/pages/node.js", "text/javascript; charset=utf-8", #"""
import {json, path, post, query} from "../api.js";
import {h, put, throttled} from "../dom.js";
import {bytes, count, fullTime, number, processors, sentence} from "../format.js";
import {card, empty, facts, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {setBadge} from "../states.js";
import {sparkline} from "../components/chart.js";
import {agoElement, button, confirm, meter, table, toast} from "../components/ui.js";

const ROUTES = {direct: "directly", relayed: "through a peer that forwards"};

/** One node. */
class NodePage extends Page {
  #node = null;

  open() {
    this.body = h("div", {class: "stack"});
    put(this, this.body);
    const reload = throttled(700, () => this.#read().catch(() => {}));
    this.atEnd(reload.cancel);
    this.onEvents((batch) => {
      if (batch.some((event) => event.node === this.parameters.node)) reload();
    }, reload);
    this.load(this.body, async () => {
      const node = await json(path`/api/v1/nodes/${this.parameters.node}`, {signal: this.signal});
      this.#build(node);
      this.#show(node);
      this.every(4000, () => this.#read().catch(() => {}));
      this.#history().catch(() => {});
    });
  }

  async #read() {
    this.#show(await json(path`/api/v1/nodes/${this.parameters.node}`, {signal: this.signal}));
  }

  #build(node) {
    this.state = h("span", {class: "badge large"});
    this.drain = button("Drain", {symbol: "pause", whyNot: session.whyNot("admin"), action: () => this.#toggle()});
    this.cpu = meter("Processors in use");
    this.memory = meter("Memory in use");
    this.disk = meter("Disk in use");
    this.attempts = h("span", {class: "number"});
    this.route = h("span");
    this.paused = h("div", {class: "why", "data-tone": "idle", role: "status", hidden: true});
    this.reputation = h("div", {class: "pad"});
    this.course = h("div", {class: "pad-x"});
    this.hardware = h("div", {class: "pad"});
    this.devices = h("div");
    this.benchmark = h("div");
    this.drivers = h("div");
    this.notes = h("div");
    put(
      this.body,
      pageHead(node.name, {crumbs: [h("a", {href: "#/nodes"}, "Nodes"), ` / ${node.name}`], actions: [this.state, this.drain]}),
      this.paused,
      h(
        "div", {class: "columns"},
        card("Load", {}, h("div", {class: "pad"}, facts(
          ["Processors", this.cpu], ["Memory", this.memory], ["Disk", this.disk], ["Attempts running", this.attempts], ["Reached", this.route],
        ))),
        card("Reputation", {}, this.reputation, this.course),
      ),
      card("Machine", {}, this.hardware), this.devices, this.benchmark, card("Drivers", {}, this.drivers), this.notes,
    );
  }

  #show(node) {
    this.#node = node;
    const {profile, free, reputation, performance} = node;
    setBadge(this.state, node.state);
    this.drain.label(node.state === "draining" ? "Give it work again" : "Drain");
    const use = (element, capacity, left, text) => element.show((capacity - left) / capacity, `${text(capacity - left)} of ${text(capacity)}`);
    use(this.cpu, profile.capacity.cpu_millis, free.cpu_millis, processors);
    use(this.memory, profile.capacity.memory_bytes, free.memory_bytes, bytes);
    use(this.disk, profile.capacity.disk_bytes, free.disk_bytes, bytes);
    this.attempts.textContent = number(node.running_attempts);
    this.route.textContent = ROUTES[node.route] ?? "not now";
    this.paused.hidden = !profile.paused;
    put(this.paused, h("h2", null, "Paused by its owner"), h("p", null, sentence(profile.paused)));
    const key = JSON.stringify([profile, reputation, performance]);
    if (this.shown === key) return;
    this.shown = key;
    put(this.reputation, facts(
      ["Score", `${reputation.score} of 100`], ["Answers that agreed", number(reputation.agreements)],
      ["Answers that differed", number(reputation.disagreements)],
      ...(performance ? [
        ["Attempts finished", number(performance.finished)],
        ["Attempts failed or lost", number(performance.failed + performance.lost)],
        ["Reliability, lately", `${Math.round(performance.reliability * 1000) / 10} %`],
        ["Speed", performance.speed ? `${Math.round(performance.speed * 100) / 100} × that of others` : null],
      ] : []),
    ));
    put(this.hardware, facts(
      ["Node", h("code", null, node.id)],
      ["System", `${profile.operating_system} ${profile.architecture}`],
      ["Offers", `${processors(profile.capacity.cpu_millis)} processors, ${bytes(profile.capacity.memory_bytes)} memory, ${bytes(profile.capacity.disk_bytes)} disk`],
      ["Processor", profile.processor], ["Devices", (profile.capacity.devices ?? []).map((device) => `${device.count} ${device.kind}`).join(", ")],
      ["Labels", Object.entries(profile.labels).map(([name, value]) => h("span", {class: "tag"}, `${name}=${value}`)).length
        ? Object.entries(profile.labels).map(([name, value]) => h("span", {class: "tag"}, `${name}=${value}`)) : null],
      ["Owner", profile.owner], ["Takes work of", profile.submitters.join(", ") || "everybody"],
      ["Runs code signed by", profile.signers.join(", ") || "anybody"],
      ["Isolation", profile.isolation], ["Enforces", profile.enforced.join(", ")], ["Weft", profile.version],
      ["First seen", fullTime(node.first_seen_at)], ["Last seen", agoElement(node.last_seen_at)],
    ));
    const devices = profile.devices ?? [];
    put(this.devices, devices.length === 0 ? null : card("Devices", {}, deviceTable(devices)));
    put(this.benchmark, profile.benchmark ? card("How fast it is", {}, benchmarkTable(profile.benchmark)) : null);
    put(this.drivers, profile.drivers.length === 0 ? empty("No driver", h("p", null, "It can run nothing.")) : driverTable(profile));
    put(this.notes, profile.notes.length === 0 ? null : card("What is missing, and why", {}, h("ul", {class: "pad notes"}, profile.notes.map((note) => h("li", null, sentence(note))))));
  }

  /** The course of the score, as far as events are kept. */
  async #history() {
    const {items} = await json(`/api/v1/events${query({node: this.parameters.node, kind: "node.changed", limit: 10_000})}`, {signal: this.signal});
    const scores = items.map((event) => event.score).filter((score) => score !== undefined);
    if (scores.length < 2) return;
    const text = `Score over the last ${count(scores.length, "change")}: from ${scores[0]} to ${scores.at(-1)}`;
    put(this.course, h("p", {class: "hint"}, text), sparkline(scores, text));
  }

  async #toggle() {
    const isDraining = this.#node.state === "draining";
    if (!isDraining && !(await confirm(`Drain ${this.#node.name}?`, "It finishes what it runs and gets no new work until you give it work again.", "Drain"))) return;
    try {
      this.#show(await post(path`/api/v1/nodes/${this.#node.id}/drain`, {draining: !isDraining}));
      toast(isDraining ? "It gets work again" : "It gets no new work");
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-node", NodePage);

const deviceTable = (devices) => table("Devices", ["Device", "Kind", "Model", "Memory", "Architecture", "Driver", "Reached by", "State"], devices.map((device) => h(
  "tr", null, h("th", {scope: "row"}, device.id), h("td", null, device.kind), h("td", null, `${device.vendor} ${device.model}`.trim()),
  h("td", null, device.memory_bytes ? bytes(device.memory_bytes) : "–"),
  h("td", null, [device.architecture, device.capability].filter(Boolean).join(", ") || "–"), h("td", null, device.driver || "–"),
  h("td", null, (device.backends ?? []).join(", ") || "nothing"), h("td", null, device.fault ? `Out of use: ${device.fault}` : "In use"),
)));

const flops = (mega) => mega === undefined ? "–" : mega < 1e6 ? `${Math.round(mega / 100) / 10} GFLOP/s` : `${Math.round(mega / 1e5) / 10} TFLOP/s`;
const rate = (each) => each === undefined ? "–" : each < 1e9 ? `${Math.round(each / 1e6)} MB/s` : `${Math.round(each / 1e8) / 10} GB/s`;

const benchmarkTable = ({measured_at: at, processor, devices}) => h(
  "div", null,
  table("How fast it is", ["Part", "FP64", "FP32", "FP16", "Memory", "To it", "From it", "Launch", "At work"], [
    h("tr", null, h("th", {scope: "row"}, "One core"), h("td", null, flops(processor.single_megaflops)), ...Array.from({length: 7}, () => h("td", null, "–"))),
    h("tr", null, h("th", {scope: "row"}, "All cores"), h("td", null, flops(processor.all_megaflops)), h("td", null, "–"), h("td", null, "–"),
      h("td", null, rate(processor.memory_bytes_per_second)), ...Array.from({length: 4}, () => h("td", null, "–"))),
    h("tr", null, h("th", {scope: "row"}, "Disk"), ...Array.from({length: 4}, () => h("td", null, "–")),
      h("td", null, rate(processor.disk_write_bytes_per_second)), h("td", null, rate(processor.disk_read_bytes_per_second)), h("td", null, "–"), h("td", null, "–")),
    ...(devices ?? []).map((device) => h(
      "tr", null, h("th", {scope: "row"}, device.backend ? `${device.id} by ${device.backend}` : device.id),
      h("td", null, flops(device.double_megaflops)), h("td", null, flops(device.single_megaflops)), h("td", null, flops(device.half_megaflops)),
      h("td", null, rate(device.memory_bytes_per_second)), h("td", null, rate(device.upload_bytes_per_second)), h("td", null, rate(device.download_bytes_per_second)),
      h("td", null, device.launch_nanoseconds === undefined ? "–" : `${Math.round(device.launch_nanoseconds / 100) / 10} µs`),
      h("td", null, device.load_millidegrees === undefined ? "–" : `${Math.round(device.load_millidegrees / 1000)} °C`),
    )),
  ]),
  h("p", {class: "hint pad"}, `Measured by the node itself, and signed by it, on ${fullTime(new Date(at / 1000).toISOString())}.`),
);

const driverTable = (profile) => table("Drivers", ["Driver", "Version", "Payloads", "Isolation", "Processors", "Enforces"], profile.drivers.map((driver) => h(
  "tr", null, h("th", {scope: "row"}, driver.name), h("td", null, driver.version || "–"), h("td", null, driver.payloads.join(", ")),
  h("td", null, driver.isolation ?? profile.isolation), h("td", null, driver.architectures.join(", ") || profile.architecture),
  h("td", null, (driver.isolation ? driver.enforced : profile.enforced).join(", ") || "nothing"),
)));

"""#),
("js/pages/nodes.js", "text/javascript; charset=utf-8", #"""
import {json} from "../api.js";
import {h, put, say, set, throttled} from "../dom.js";
import {bytes, count, processors} from "../format.js";
import {empty, Page, pageHead} from "../page.js";
import {setBadge} from "../states.js";
import {list} from "../components/list.js";
import {chips, field, meter} from "../components/ui.js";

const STATES = ["connected", "silent", "draining", "paused", "away"];

/** Who is or was here. */
class Nodes extends Page {
  #nodes = [];
  #states = new Set();
  #text = "";

  open() {
    const search = h("input", {type: "search", class: "input"});
    search.addEventListener("input", () => {
      this.#text = search.value.trim().toLowerCase();
      this.#show();
    });
    this.list = list("nodes-list", {
      label: "Nodes", columns: COLUMNS, create: cells, update: showNode,
      empty: empty("No node here", h("p", null, "A machine joins with ", h("code", null, "weft worker --coordinator ", location.origin, " --token-file join.token"))),
    });
    this.body = h("div", {class: "list-place"});
    this.total = h("span", {class: "muted number", role: "status"});
    put(
      this, pageHead("Nodes"),
      h("div", {class: "filters"}, chips("State", STATES, [], (states) => {
        this.#states = new Set(states);
        this.#show();
      }), field("Name, driver or label", search)),
      this.body, h("div", {class: "list-foot"}, this.total),
    );
    const reload = throttled(1000, () => this.#read().catch(() => {}));
    this.atEnd(reload.cancel);
    this.onEvents((batch) => {
      if (batch.some((event) => event.kind.startsWith("node."))) reload();
    }, reload);
    this.load(this.body, async () => {
      await this.#read();
      put(this.body, this.list);
      // Load has no events.
      this.every(4000, () => this.#read().catch(() => {}));
    });
  }

  async #read() {
    const {items} = await json("/api/v1/nodes", {signal: this.signal});
    const rank = (node) => STATES.indexOf(node.state);
    this.#nodes = items.sort((a, b) => (rank(a) === 4) - (rank(b) === 4) || a.name.localeCompare(b.name));
    this.#show();
  }

  #show() {
    const items = this.#nodes.filter((node) => (this.#states.size === 0 || this.#states.has(node.state)) && (!this.#text || haystack(node).includes(this.#text)));
    this.list.items = items;
    const connected = this.#nodes.filter((node) => node.state !== "away").length;
    say(this.total, `${count(items.length, "node")} shown; ${connected} of ${this.#nodes.length} here`);
  }
}
customElements.define("weft-nodes", Nodes);

function haystack(node) {
  const {profile} = node;
  return [
    node.name, node.id, profile.owner, profile.operating_system, profile.architecture, ...profile.drivers.map((driver) => driver.name),
    ...Object.entries(profile.labels).map(([name, value]) => `${name}=${value}`),
  ].join(" ").toLowerCase();
}

const COLUMNS = [
  {label: "Node", class: "c-name"}, {label: "State", class: "c-state"}, {label: "Processors", class: "c-cpu"}, {label: "Memory", class: "c-memory"},
  {label: "Reached", class: "c-reached"}, {label: "Attempts", class: "c-attempts number"}, {label: "Drivers", class: "c-drivers"},
  {label: "Reputation", class: "c-reputation"},
];

function cells() {
  return [
    h("span", null, h("a", {"data-main": true}), h("span", {class: "muted small"})), h("span", null, h("span", {class: "badge"})),
    h("span", null, meter("Processors in use")), h("span", null, meter("Memory in use")), h("span"), h("span"), h("span"),
    h("span", null, meter("Reputation")),
  ];
}

function showNode([name, state, cpu, memory, reached, attempts, drivers, reputation], node) {
  const {profile, free} = node;
  set(name.firstChild, "href", `#/nodes/${node.id}`);
  say(name.firstChild, node.name);
  say(name.lastChild, `${profile.operating_system} ${profile.architecture}`);
  setBadge(state.firstChild, node.state);
  const used = profile.capacity.cpu_millis - free.cpu_millis;
  cpu.firstChild.show(used / profile.capacity.cpu_millis, `${processors(used)} of ${processors(profile.capacity.cpu_millis)}`);
  const usedMemory = profile.capacity.memory_bytes - free.memory_bytes;
  memory.firstChild.show(usedMemory / profile.capacity.memory_bytes, `${bytes(usedMemory)} of ${bytes(profile.capacity.memory_bytes)}`);
  say(reached, node.route ?? "");
  say(attempts, node.running_attempts);
  const names = profile.drivers.map((driver) => driver.name).join(", ");
  say(drivers, names || "none");
  set(drivers, "title", names || null);
  reputation.firstChild.show(node.reputation.score / 100, `${node.reputation.score}`);
}

"""#),
("js/pages/overview.js", "text/javascript; charset=utf-8", #"""
import {json, path, query} from "../api.js";
import {h, put, say, throttled} from "../dom.js";
import {count, duration, number, rate, sentence} from "../format.js";
import {metrics} from "../metrics.js";
import {card, empty, Page, pageHead} from "../page.js";
import {badge, FINAL, setBadge} from "../states.js";
import {chart} from "../components/chart.js";
import {agoElement, progress} from "../components/ui.js";

/** Jobs shown, and waiting jobs whose reason is asked for. */
const JOBS = 8;
const ASKED = 3;

/** What happens now, and what needs somebody's attention. */
class Overview extends Page {
  #jobs = new Map();
  #tasks = 0;

  open() {
    this.charts = [
      chart({title: "Throughput", series: [{key: "throughput", label: "tasks a second", tone: "good", format: rate}]}),
      chart({
        title: "Queue",
        series: [
          {key: "waiting", label: "waiting", tone: "warn", format: number},
          {key: "running", label: "running", tone: "busy", format: number},
        ],
      }),
      chart({title: "Nodes", series: [{key: "nodes", label: "connected", tone: "busy", format: number}]}),
      chart({title: "Disagreement", series: [{key: "disagreements", label: "in two seconds", tone: "bad", format: number}]}),
    ];
    this.note = h("p", {class: "muted number"});
    this.recent = h("div", {class: "rows"});
    this.attention = h("div", {class: "rows", "aria-live": "polite"});
    put(
      this, pageHead("Overview", {actions: h("a", {class: "button primary", href: "#/submit"}, "Submit a job")}), this.note,
      h("div", {class: "charts"}, this.charts),
      h(
        "div", {class: "columns"},
        card("Newest jobs", {actions: h("a", {href: "#/jobs"}, "All jobs")}, this.recent),
        card("Needs attention", {}, this.attention),
      ),
    );
    const show = () => this.#showStats();
    metrics.addEventListener("change", show);
    this.atEnd(() => metrics.removeEventListener("change", show));
    show();
    const reload = throttled(1000, () => this.#loadJobs().catch(() => {}));
    const reconsider = throttled(2500, () => this.#consider().catch(() => {}));
    this.atEnd(reload.cancel);
    this.atEnd(reconsider.cancel);
    this.onEvents((batch) => {
      for (const event of batch) {
        if (event.kind === "job.moved") {
          const shown = this.#jobs.get(event.job);
          if (shown) shown.next = event;
          if (!shown || FINAL.has(event.state)) reconsider();
        } else if (event.kind === "job.submitted") {
          reload();
          reconsider();
        } else if (event.kind === "disagreement" || event.kind.startsWith("node.")) reconsider();
      }
      for (const shown of this.#jobs.values()) shown.apply();
    }, reload);
    this.load(this.recent, () => this.#loadJobs());
    this.load(this.attention, () => this.#consider());
    // Why something waits changes without an event: a node may become free.
    this.every(10_000, () => this.#consider().catch(() => {}));
  }

  #showStats() {
    const {stats, samples, problem} = metrics;
    for (const each of this.charts) each.samples = samples;
    if (problem) {
      say(this.note, `${problem.title}: the figures are not current.`);
      return;
    }
    if (!stats) return;
    say(this.note, [
      `Up for ${duration(1000 * stats.uptime_seconds)}`, `${count(stats.tasks_ended, "task")} ended`,
      `${count(stats.attempts_ended, "attempt")}, ${number(stats.attempts_lost)} lost with their node`,
      `${count(stats.disagreements, "disagreement")}`, `${number(stats.nodes_connected)} of ${count(stats.nodes_known, "node")} connected`,
      ...(stats.log ? [inLog(stats.log)] : []), `version ${stats.version}`,
    ].join(" · "));
  }

  async #loadJobs() {
    const {items} = await json(`/api/v1/jobs${query({limit: JOBS})}`, {signal: this.signal});
    if (items.length === 0) {
      this.#jobs.clear();
      put(this.recent, empty("No job yet", h("p", null, "Submit one here, or with ", h("code", null, "weft run -- echo hello"), ".")));
      return;
    }
    const before = this.#jobs;
    this.#jobs = new Map(items.map((job) => [job.id, before.get(job.id) ?? jobRow(job)]));
    for (const job of items) {
      const shown = this.#jobs.get(job.id);
      shown.next = job;
      shown.apply();
    }
    put(this.recent, [...this.#jobs.values()].map(({element}) => element));
  }

  async #consider() {
    const signal = this.signal;
    this.#tasks += 1;
    const turn = this.#tasks;
    const [waiting, running, nodes] = await Promise.all([
      json(`/api/v1/jobs${query({state: "waiting", limit: ASKED})}`, {signal}),
      json(`/api/v1/jobs${query({state: ["running", "succeeded", "failed"], limit: 50})}`, {signal}),
      json("/api/v1/nodes", {signal}),
    ]);
    const reasons = await Promise.all(waiting.items.map((job) => json(path`/api/v1/jobs/${job.id}/explain`, {signal}).catch(() => null)));
    // A later look may have been faster.
    if (turn !== this.#tasks) return;
    const rows = [];
    waiting.items.forEach((job, at) => {
      const why = reasons[at];
      if (!why || why.kind === "notWaiting") return;
      rows.push(attentionRow(
        why.kind === "neverHere" ? "bad" : "idle", `#/jobs/${job.id}`, `${job.name} waits`, sentence(why.summary),
        why.suggestion ? `Smallest change: ${why.suggestion}` : "",
      ));
    });
    for (const job of running.items.filter((each) => each.counts.disagreed > 0).slice(0, 3)) {
      rows.push(attentionRow(
        "warn", `#/jobs/${job.id}?tab=tasks&show=disagreed`, `${job.name}: answers differed`,
        `In ${count(job.counts.disagreed, "task")} of ${number(job.counts.total)} not all replicas gave the same answer.`,
      ));
    }
    for (const node of nodes.items.filter((each) => each.reputation.disagreements > 0 && each.state !== "away").slice(0, 3)) {
      rows.push(attentionRow(
        "warn", `#/nodes/${node.id}`, `${node.name} was outvoted`,
        `${count(node.reputation.disagreements, "answer")} differed from the quorum; reputation ${node.reputation.score} of 100.`,
      ));
    }
    for (const node of nodes.items.filter((each) => each.state === "silent").slice(0, 3)) {
      rows.push(attentionRow("warn", `#/nodes/${node.id}`, `${node.name} is silent`, "Its connection is open, but nothing comes."));
    }
    if (nodes.items.every((node) => node.state === "away")) {
      rows.push(attentionRow("bad", "#/nodes", "No node is connected", "Jobs wait until a worker joins: weft worker --coordinator … --token-file join.token"));
    }
    put(this.attention, rows.length > 0 ? rows : empty("Nothing", h("p", null, "Every job can run, and all answers agree.")));
  }
}
customElements.define("weft-overview", Overview);

function jobRow(job) {
  const state = badge(job.state);
  const bar = progress(job.counts);
  const element = h(
    "div", {class: "row-item"},
    h("a", {href: `#/jobs/${job.id}`, class: "row-title"}, job.name), state,
    h("span", {class: "muted small"}, `#${job.id} by ${job.submitter} `, agoElement(job.submitted_at)), bar,
  );
  const shown = {element, next: null, apply() {
    if (!shown.next) return;
    setBadge(state, shown.next.state);
    if (shown.next.counts) bar.show(shown.next.counts);
    shown.next = null;
  }};
  return shown;
}

function inLog({size, minimum_index: pruned}) {
  return `${count(size, "receipt")} in the log${pruned > 0 ? `, the first ${number(pruned)} pruned` : ""}`;
}

function attentionRow(tone, href, title, text, suggestion = "") {
  return h(
    "div", {class: "row-item attention", "data-tone": tone},
    h("a", {href, class: "row-title"}, title), h("p", null, text), suggestion ? h("p", {class: "suggestion"}, suggestion) : null,
  );
}

"""#),
("js/pages/submit.js", "text/javascript; charset=utf-8", #"""
import {json, path, send} from "../api.js";
import {h, put, set} from "../dom.js";
import {sentence} from "../format.js";
import {Page, pageHead} from "../page.js";
import {segments} from "../schema.js";
import {session} from "../session.js";
import {JobForm} from "../components/jobform.js";
import {button, field, tabs, toast} from "../components/ui.js";

const EXAMPLES = {
  "Hello": {name: "hello", command: "echo Hello from $(uname -m)"},
  "An array of 200, each printing its index": {name: "squares", command: "echo $((WEFT_TASK_INDEX * WEFT_TASK_INDEX))", array: 200},
  "Three replicas, two of which must agree": {
    name: "checked", command: "sha256sum data.txt > sum.txt", inputs: [{path: "data.txt", text: "what is hashed\n"}], outputs: ["sum.txt"],
    verification: {replicas: 3, quorum: 2},
  },
};

/** A new job: by the form, or as text. */
class Submit extends Page {
  #form = null;
  #mode = "form";
  /** Renewed with every change, so that pressing twice submits once. */
  #key = newKey();

  open() {
    this.body = h("div");
    put(this, pageHead("Submit a job"), this.body);
    const why = session.whyNot("submitter");
    this.load(this.body, async () => {
      const schema = await json("/api/v1/schema/job", {signal: this.signal});
      const from = this.search.get("from");
      const spec = from && /^\d+$/.test(from) ? await json(path`/api/v1/jobs/${from}/spec`, {signal: this.signal}) : null;
      this.#build(schema, why);
      if (spec) {
        delete spec.idempotency_key;
        this.#form.value = spec;
      }
    });
  }

  #build(schema, why) {
    this.#form = new JobForm(schema, () => this.#changed());
    this.text = h("textarea", {class: "input mono editor", rows: 24, spellcheck: "false"});
    this.text.addEventListener("input", () => this.#changed());
    const file = h("input", {type: "file", class: "input", accept: ".yaml,.yml,.json,text/*"});
    file.addEventListener("change", async () => {
      if (!file.files[0]) return;
      this.text.value = await file.files[0].text();
      this.#changed();
    });
    this.problems = h("div", {class: "problems", tabindex: -1, role: "alert"});
    this.submit = button("Submit", {kind: "primary", whyNot: why, action: () => this.#send()});
    const example = h("select", {class: "input"}, h("option", {value: ""}, "choose…"), Object.keys(EXAMPLES).map((name) => h("option", {value: name}, name)));
    example.addEventListener("change", () => {
      if (!example.value) return;
      this.#form.value = EXAMPLES[example.value];
      this.text.value = JSON.stringify(EXAMPLES[example.value], null, 2);
      this.#changed();
    });
    const text = h("div", {class: "card pad stack"}, field("The job as YAML or JSON", this.text, {hint: "A text that begins with { is JSON. docs/jobs.md has every key."}), field("Or open a file", file));
    const parts = tabs(
      "How to write it", [{key: "form", label: "Form", panel: h("div", null, this.#form.element)}, {key: "text", label: "Text", panel: h("div", null, text)}], "form",
      (key) => this.#switch(key),
    );
    put(
      this.body, why ? h("p", {class: "note", "data-tone": "warn"}, why) : null, h("div", {class: "submit-bar"}, field("Example", example)), this.problems,
      parts.element, h("div", {class: "submit-foot"}, this.submit, h("span", {class: "muted"}, "Every mistake is shown at its field.")),
    );
  }

  #changed() {
    this.#key = newKey();
  }

  /** From form to text everything goes along; from text to form what is JSON. */
  #switch(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    put(this.problems);
    if (mode === "text") {
      const job = this.#form.value;
      if (Object.keys(job).length > 0 || !this.text.value) this.text.value = JSON.stringify(job, null, 2);
    } else if (this.text.value.trim().startsWith("{")) {
      try {
        this.#form.value = JSON.parse(this.text.value);
      } catch (error) {
        toast(`The text is no JSON and stays as it is: ${error.message}`, "warn");
      }
    } else if (this.text.value.trim()) {
      toast("YAML stays as text: the form shows what it had before.", "warn");
    }
  }

  async #send() {
    const isText = this.#mode === "text";
    const body = isText ? this.text.value : JSON.stringify(this.#form.value);
    const type = body.trim().startsWith("{") ? "application/json" : "application/yaml";
    this.submit.disabled = true;
    this.#form.clearProblems();
    set(this.text, "aria-invalid", null);
    put(this.problems);
    try {
      const response = await send("/api/v1/jobs", {method: "POST", body, type, headers: {"idempotency-key": this.#key}, signal: this.signal});
      const job = await response.json();
      toast(`Job ${job.id} was submitted`);
      location.hash = `#/jobs/${job.id}`;
    } catch (error) {
      if (error.name !== "AbortError") this.#show(error);
    } finally {
      this.submit.disabled = false;
    }
  }

  #show(error) {
    const errors = error.errors?.length > 0 ? error.errors : [{field: "", message: error.detail || error.message}];
    const rows = errors.map(({field: name, message}) => {
      const found = this.#mode === "form" && name ? this.#form.find(segments(name)) : null;
      if (found) {
        found.fail(message);
        this.#form.reveal(found);
      }
      const text = name ? [h("code", null, name), ` ${message}`] : sentence(message);
      return h("li", null, found ? h("button", {type: "button", class: "link", on: {click: () => found.focus()}}, text) : text);
    });
    if (this.#mode === "text") set(this.text, "aria-invalid", "true");
    put(this.problems, h("h2", null, error.title ?? "It was not submitted"), h("ul", null, rows));
    this.problems.focus();
  }
}
customElements.define("weft-submit", Submit);

/** Not `randomUUID`: that one needs TLS. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}


"""#),
("js/pages/tokens.js", "text/javascript; charset=utf-8", #"""
import {json, path, post, problemText, send} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {card, empty, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {badge} from "../states.js";
import {agoElement, button, confirm, copyButton, field, table, toast} from "../components/ui.js";

const ROLES = {
  viewer: "reads everything",
  submitter: "and submits jobs, cancels its own, uploads blobs",
  admin: "and does everything else",
  worker: "admits a machine as a node, and nothing else",
};

/** Who may come in. */
class Tokens extends Page {
  open() {
    const why = session.whyNot("admin");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Tokens"), this.body);
    if (why) {
      put(this.body, empty("Only admins see tokens", h("p", null, why)));
      return;
    }
    this.table = h("div");
    this.secret = h("div", {role: "status"});
    this.load(this.body, async () => {
      const {items} = await json("/api/v1/tokens", {signal: this.signal});
      put(this.body, this.#form(), this.secret, card("All tokens", {}, this.table));
      this.#show(items);
    });
  }

  async #read() {
    this.#show((await json("/api/v1/tokens", {signal: this.signal})).items);
  }

  #form() {
    const name = h("input", {class: "input", autocomplete: "off", required: true, maxlength: 64});
    const role = h("select", {class: "input"}, Object.entries(ROLES).map(([value, text]) => h("option", {value}, `${value}: ${text}`)));
    const problem = h("p", {class: "field-problem", role: "alert"});
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Name", name), field("Role", role),
      h("button", {type: "submit", class: "button primary"}, "Create"), problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      set(name, "aria-invalid", null);
      try {
        const token = await post("/api/v1/tokens", {name: name.value.trim(), role: role.value}, {signal: this.signal});
        name.value = "";
        this.#showSecret(token);
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        set(name, "aria-invalid", "true");
        say(problem, problemText(error));
        name.focus();
      }
    });
    return card("New token", {}, form);
  }

  #showSecret(token) {
    const done = button("I have it", {action: () => put(this.secret)});
    put(this.secret, h(
      "div", {class: "why secret", "data-tone": "good"},
      h("h2", null, `The secret of ${token.name}`), h("p", null, "Copy it now: it is not shown again, and the coordinator keeps only its digest."),
      h("div", {class: "command"}, h("code", {tabindex: 0}, token.secret), copyButton(token.secret)), h("div", {class: "actions"}, done),
    ));
  }

  #show(tokens) {
    if (tokens.length === 0) {
      put(this.table, empty("No token"));
      return;
    }
    put(this.table, table("Tokens", ["Name", "Role", "Created", ""], tokens.map((token) => h(
      "tr", null, h("th", {scope: "row"}, token.name), h("td", null, token.role), h("td", null, agoElement(token.created_at), token.revoked_at ? [" ", badge("revoked")] : null),
      h("td", {class: "end"}, token.revoked_at ? null : button("Revoke", {
        kind: "small danger", name: `Revoke ${token.name}`, action: () => this.#revoke(token),
      })),
    ))));
  }

  async #revoke(token) {
    const own = token.name === session.name ? " It is the one you are logged in with." : "";
    if (!(await confirm(`Revoke ${token.name}?`, `Whoever uses it is refused from now on. This cannot be undone.${own}`, "Revoke"))) return;
    try {
      await send(path`/api/v1/tokens/${token.name}`, {method: "DELETE"});
      toast(`${token.name} was revoked`);
      await this.#read();
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-tokens", Tokens);

"""#),
("js/pages/webhooks.js", "text/javascript; charset=utf-8", #"""
import {json, path, post, problemText, send} from "../api.js";
import {h, put, say, set} from "../dom.js";
import {count, duration} from "../format.js";
import {card, empty, Page, pageHead} from "../page.js";
import {session} from "../session.js";
import {badge} from "../states.js";
import {agoElement, button, chips, confirm, copyButton, field, table, toast} from "../components/ui.js";

const KINDS = [
  "job.ended", "job.submitted", "job.moved", "task.ended", "attempt.started", "attempt.ended", "disagreement", "credits.moved",
];
/** Of no job: administrators alone are told. */
const KINDS_OF_NODES = ["node.joined", "node.left", "node.changed"];

/** Servers that are told of events. */
class Webhooks extends Page {
  open() {
    const why = session.whyNot("submitter");
    this.body = h("div", {class: "stack"});
    put(this, pageHead("Webhooks"), this.body);
    if (why) {
      put(this.body, empty("Only submitters and admins have webhooks", h("p", null, why)));
      return;
    }
    this.table = h("div");
    this.secret = h("div", {role: "status"});
    this.load(this.body, async () => {
      const {items} = await json("/api/v1/webhooks", {signal: this.signal});
      put(this.body, this.#form(), this.secret, card(session.may("admin") ? "All webhooks" : "Your webhooks", {}, this.table));
      this.#show(items);
    });
  }

  async #read() {
    this.#show((await json("/api/v1/webhooks", {signal: this.signal})).items);
  }

  #form() {
    let kinds = new Set(["job.ended"]);
    const url = h("input", {class: "input", type: "url", autocomplete: "off", required: true, maxlength: 2048, placeholder: "https://"});
    const name = h("input", {class: "input", autocomplete: "off", maxlength: 100});
    const problem = h("p", {class: "field-problem", role: "alert"});
    const choices = session.may("admin") ? [...KINDS, ...KINDS_OF_NODES] : KINDS;
    const form = h(
      "form", {class: "inline-form pad", novalidate: true}, field("Address", url), field("Name", name),
      chips("Kinds of events", choices, kinds, (chosen) => {
        kinds = new Set(chosen);
      }, (kind) => kind.replace(".", " ")),
      h("button", {type: "submit", class: "button primary"}, "Create"), problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(problem, "");
      set(url, "aria-invalid", null);
      const asked = {url: url.value.trim()};
      if (name.value.trim()) asked.name = name.value.trim();
      if (kinds.size > 0) asked.kinds = [...kinds];
      try {
        const webhook = await post("/api/v1/webhooks", asked, {signal: this.signal});
        url.value = "";
        name.value = "";
        this.#showSecret(webhook);
        await this.#read();
      } catch (error) {
        if (error.name === "AbortError") return;
        set(url, "aria-invalid", "true");
        say(problem, problemText(error));
        url.focus();
      }
    });
    return card("New webhook", {}, form);
  }

  #showSecret(webhook) {
    const done = button("I have it", {action: () => put(this.secret)});
    put(this.secret, h(
      "div", {class: "why secret", "data-tone": "good"},
      h("h2", null, `The secret of ${webhook.name ?? webhook.id}`),
      h("p", null, "Copy it now: it is not shown again. Your server checks with it that what it gets comes from here."),
      h("div", {class: "command"}, h("code", {tabindex: 0}, webhook.secret), copyButton(webhook.secret)), h("div", {class: "actions"}, done),
    ));
  }

  #show(webhooks) {
    if (webhooks.length === 0) {
      put(this.table, empty("No webhook", h("p", null, "One tells a server of yours when jobs end, or of any other events.")));
      return;
    }
    put(this.table, table("Webhooks", ["Webhook", "Told of", "State", "Deliveries", ""], webhooks.map((webhook) => h(
      "tr", null, h("th", {scope: "row"}, webhook.name ?? webhook.id, h("div", {class: "muted small"}, webhook.url, session.may("admin") ? ` by ${webhook.owner}` : "")),
      h("td", null, webhook.kinds.map((kind) => kind.replace(".", " ")).join(", "), webhook.job ? ` of job ${webhook.job}` : ""),
      h("td", null, badge(webhook.state), reason(webhook)),
      h("td", null, deliveries(webhook)),
      h("td", {class: "end"}, h("div", {class: "actions"},
        button("Test", {kind: "small", name: `Test ${webhook.name ?? webhook.id}`, action: () => this.#test(webhook)}),
        button("Delete", {kind: "small danger", name: `Delete ${webhook.name ?? webhook.id}`, action: () => this.#delete(webhook)}))),
    ))));
  }

  async #test(webhook) {
    try {
      const outcome = await post(path`/api/v1/webhooks/${webhook.id}/test`, {}, {signal: this.signal});
      if (outcome.delivered) toast(`Delivered in ${duration(1000 * outcome.seconds)}; the receiver answered ${outcome.status}`);
      else toast(outcome.error, "bad");
      await this.#read();
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, "bad");
    }
  }

  async #delete(webhook) {
    const what = webhook.name ?? webhook.id;
    if (!(await confirm(`Delete ${what}?`, `${webhook.url} is told nothing any more, and what waits is not delivered.`, "Delete"))) return;
    try {
      await send(path`/api/v1/webhooks/${webhook.id}`, {method: "DELETE"});
      toast(`${what} was deleted`);
      await this.#read();
    } catch (error) {
      toast(error.message, "bad");
    }
  }
}
customElements.define("weft-webhooks", Webhooks);

function reason(webhook) {
  const text = webhook.state === "disabled" ? webhook.disabled_reason : webhook.state === "failing" ? webhook.last_error : null;
  return text ? h("div", {class: "muted small"}, text) : null;
}

function deliveries(webhook) {
  const parts = [webhook.last_delivery_at ? h("span", null, "the last ", agoElement(webhook.last_delivery_at)) : "none yet"];
  if (webhook.pending) parts.push(`, ${count(webhook.pending, "event")} waiting`);
  if (webhook.missed) parts.push(`, ${count(webhook.missed, "event")} not kept`);
  return parts;
}

"""#),
("js/policy.js", "text/javascript; charset=utf-8", #"""
// How a job's answers are checked, in words.

/** A job's verification, or a receipt's policy: in both, what is left out has its default. */
export function policyText(policy) {
  const {replicas = 1, comparator = "sha256", stdout = true} = policy ?? {};
  const quorum = policy?.quorum ?? Math.floor(replicas / 2) + 1;
  const most = policy?.max_replicas ?? (replicas === 1 ? 1 : Math.min(64, 2 * replicas + 1));
  const parts = [];
  if (policy?.max_error) parts.push(`At most a share of ${policy.max_error} of the accepted answers may be wrong`);
  else if (policy?.spot_check) parts.push(`A share of ${policy.spot_check} of the tasks is done by a second machine, too`);
  else if (replicas === 1 && most === 1) return "One replica: the answer is not checked.";
  else parts.push(`${quorum} of ${replicas} replicas must agree, at most ${most}`);
  parts.push(comparator === "sha256" ? "equal bytes agree" : `compared by ${rule(comparator)}`);
  parts.push(stdout ? "standard output counts" : "standard output does not count");
  if (policy?.same_hardware) parts.push("replicas run on equal machines");
  return `${parts.join("; ")}.`;
}

/** `numeric (absolute 0.0, relative 1e-05)`. */
function rule(comparator) {
  if (typeof comparator === "string") return comparator;
  const [[name, fields]] = Object.entries(comparator);
  return `${name} (${Object.entries(fields).map(([field, value]) => `${field} ${value}`).join(", ")})`;
}

"""#),
("js/receipt.js", "text/javascript; charset=utf-8", #"""
// Reading a receipt (docs/receipts.md), and checking the coordinator's signature where the browser can.

const PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const decode64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** `{envelope, payload, payloadBytes}` of a receipt's bytes. */
export function readReceipt(bytes) {
  const envelope = JSON.parse(new TextDecoder().decode(bytes));
  const payloadBytes = decode64(envelope.payload);
  return {envelope, payloadBytes, payload: JSON.parse(new TextDecoder().decode(payloadBytes))};
}

/** The Ed25519 key that a node's id contains. */
function keyOf(id) {
  let value = 0n;
  for (const character of id) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new Error("no base58");
    value = value * 58n + BigInt(digit);
  }
  // The id's first byte is zero and so the number is shorter by it.
  const hex = value.toString(16).padStart(2 * (PREFIX.length + 32), "0");
  const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  if (bytes.length !== PREFIX.length + 32 || PREFIX.some((byte, at) => bytes[at] !== byte)) throw new Error("no Ed25519 key");
  return bytes.subarray(PREFIX.length);
}

/** `valid`, `invalid`, or `unknown` where the browser cannot check Ed25519 (it may not be able to, or the page came without TLS). */
export async function checkSignature({envelope, payloadBytes}) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", keyOf(envelope.signatures[0].keyid), {name: "Ed25519"}, false, ["verify"]);
  } catch {
    return "unknown";
  }
  const type = new TextEncoder().encode(envelope.payloadType);
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${envelope.payloadType} ${payloadBytes.length} `);
  const message = new Uint8Array(head.length + payloadBytes.length);
  message.set(head);
  message.set(payloadBytes, head.length);
  const isValid = await crypto.subtle.verify({name: "Ed25519"}, key, decode64(envelope.signatures[0].sig), message);
  return isValid ? "valid" : "invalid";
}

"""#),
("js/reference.js", "text/javascript; charset=utf-8", #"""
// The reference of the API: openapi.json, laid out for people.
import {h} from "./dom.js";

const main = document.querySelector("main");
const nav = document.querySelector("nav");

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status} ${response.statusText}`);
  show(await response.json());
} catch (error) {
  main.append(h("p", {role: "alert"}, `The document of the API cannot be read: ${error.message}`));
} finally {
  main.removeAttribute("aria-busy");
}
// The part that the address names came after the page.
document.getElementById(location.hash.slice(1))?.scrollIntoView();

function show(api) {
  for (const text of api.info.description.split("\n\n")) main.append(h("p", {}, ...words(text)));
  for (const {name: tag} of api.tags) {
    const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).filter(([, each]) => each.tags.includes(tag)).map(([method, each]) => ({path, method, each})));
    if (operations.length === 0) continue;
    const id = `tag-${tag.toLowerCase().replaceAll(" ", "-")}`;
    nav.append(
      h("h2", {id: `${id}-list`}, tag),
      h("ul", {"aria-labelledby": `${id}-list`}, ...operations.map(({each}) => h("li", {}, h("a", {href: `#${each.operationId}`}, each.summary)))));
    main.append(h("h2", {id}, tag), ...operations.map((operation) => article(operation, api)));
  }
  main.append(h("h2", {id: "schemas"}, "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    main.append(h("article", {id: `schema-${name}`}, h("h3", {}, name), ...described(schema), ...shape(schema, api, false), json("As JSON Schema", schema)));
  }
  nav.append(h("h2", {}, h("a", {href: "#schemas"}, "Schemas")));
}

function article({path, method, each}, api) {
  return h(
    "article", {id: each.operationId},
    h("h3", {}, each.summary),
    h("p", {class: "call"}, h("span", {class: `method ${method}`}, method.toUpperCase()), h("code", {}, path)),
    each.security?.length === 0 ? h("p", {class: "muted"}, "Needs no token.") : null,
    ...described(each),
    ...(each.parameters ? [h("h4", {}, "Parameters"), parameters(each.parameters, api)] : []),
    ...(each.requestBody ? body(each.requestBody, api) : []),
    h("h4", {}, "Answers"), answers(each.responses, api));
}

function parameters(list, api) {
  const rows = list.map((each) => [
    [h("code", {}, each.name), each.required ? " (needed)" : ""], each.in, kind(each.schema, api), words(each.description ?? ""),
  ]);
  return table(["Name", "In", "Value", "What it is"], rows);
}

function body({description, content}, api) {
  const [[, first]] = Object.entries(content);
  return [
    h("h4", {}, "Body"),
    h("p", {}, ...words(description), " ", h("span", {class: "muted"}, Object.keys(content).join(", "))),
    ...(first.schema ? shape(first.schema, api, true) : []),
    ...(first.example ? [json("An example", first.example)] : []),
  ];
}

function answers(responses, api) {
  const rows = Object.entries(responses).map(([status, each]) => {
    const response = followed(each, api);
    const contents = Object.entries(response.content ?? {}).map(([type, {schema}]) =>
      h("div", {}, h("span", {class: "muted"}, type), schema?.$ref ? [" ", link(schema.$ref)] : ""));
    return [status, words(response.description), contents];
  });
  return table(["Status", "When", "Content"], rows);
}

/** The properties of an object as a table, or the name of the schema that has them. */
function shape(schema, api, byName) {
  if (byName && schema.$ref) return [h("p", {}, link(schema.$ref))];
  const target = followed(schema, api);
  if (!target.properties) return target.anyOf ? [h("p", {}, "One of: ", ...target.anyOf.map((each) => [kind(each, api), " "]).flat())] : [];
  const rows = Object.entries(target.properties).map(([name, each]) => [
    [h("code", {}, name), target.required?.includes(name) ? "" : " (optional)"], kind(each, api), words(followed(each, api).description ?? each.description ?? ""),
  ]);
  return [table(["Member", "Value", "What it is"], rows)];
}

/** A schema in a few words. */
function kind(schema, api) {
  if (schema.$ref) return link(schema.$ref);
  if (schema.enum) return schema.enum.join(", ");
  if (schema.anyOf) {
    const choices = schema.anyOf.filter((each) => each.type !== "null");
    return choices.length > 0 && choices.length < 4 ? choices.flatMap((each, at) => [at > 0 ? " or " : "", kind(each, api)].flat()) : "several forms";
  }
  if (schema.type === "array") return ["list of ", kind(schema.items, api)].flat();
  const range = [schema.minimum, schema.maximum].some((each) => each !== undefined) ? ` ${schema.minimum ?? ""}–${schema.maximum ?? ""}` : "";
  const length = schema.maxLength === undefined ? "" : ` of ${schema.minLength ?? 0}–${schema.maxLength} characters`;
  const text = `${schema.type ?? "any"}${range}${length}`;
  return schema.pattern ? [text, " ", h("code", {}, schema.pattern)] : text;
}

function table(heads, rows) {
  return h(
    "div", {class: "scroll"},
    h(
      "table", {},
      h("thead", {}, h("tr", {}, ...heads.map((each) => h("th", {scope: "col"}, each)))),
      h("tbody", {}, ...rows.map(([first, ...rest]) => h("tr", {}, h("th", {scope: "row"}, first), ...rest.map((each) => h("td", {}, each)))))));
}

function json(name, value) {
  return h("details", {}, h("summary", {}, name), h("pre", {tabindex: "0", role: "region", "aria-label": name}, JSON.stringify(value, null, 2)));
}

function link(reference) {
  const [, path] = reference.split("#/components/schemas/");
  const [name, ...inner] = path.split("/");
  return h("a", {href: `#schema-${name}`}, inner.length > 0 ? `${name} ${inner.at(-1)}` : name);
}

function followed(schema, api) {
  if (!schema.$ref) return schema;
  return schema.$ref.replace(/^#\//, "").split("/").reduce((at, key) => at[key], api);
}

function described({description}) {
  return description ? [h("p", {}, ...words(description))] : [];
}

/** A text whose `words` are code. */
function words(text) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part));
}

"""#),
("js/schema.js", "text/javascript; charset=utf-8", #"""
// Reading the part of JSON Schema that the schema of jobs uses: references, alternatives, and what a form must know.

/** The alternatives that a schema allows, references followed, null left out. */
export function alternatives(schema, root) {
  if (schema.$ref) return alternatives(pointer(schema.$ref, root), root);
  if (schema.anyOf) return schema.anyOf.flatMap((each) => alternatives(each, root));
  return schema.type === "null" ? [] : [schema];
}

function pointer(reference, root) {
  return reference.replace(/^#\//, "").split("/").reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
}

export function description(schema, root) {
  return schema.description ?? (schema.$ref ? pointer(schema.$ref, root).description : undefined) ?? "";
}

/** `scalar`, `enum`, `boolean`, `list`, `set` (of an enumeration), `map`, `one` (of several keys) or `object`. */
export function kindOf(schema, root) {
  if (schema.enum) return "enum";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "array") {
    const items = alternatives(schema.items, root);
    return items.length === 1 && items[0].enum ? "set" : "list";
  }
  if (schema.type === "object") {
    if (!schema.properties) return "map";
    return schema.maxProperties === 1 ? "one" : "object";
  }
  return "scalar";
}

/** The keys of which an object must have exactly one, by its `oneOf`; empty if there is no such choice. */
export function exclusiveKeys(schema) {
  const choices = (schema.oneOf ?? []).map((each) => each.required).filter((required) => required?.length === 1);
  return choices.length > 1 && choices.length === schema.oneOf.length ? choices.map(([key]) => key) : [];
}

const NUMERAL = /^-?\d+(\.\d+)?$/;

/** A typed text as the value that the scalar alternatives want: a number where one is allowed, else the text. */
export function scalarValue(text, schemas) {
  const isNumber = schemas.some((schema) => schema.type === "integer" || schema.type === "number");
  const isText = schemas.some((schema) => schema.type === "string");
  const trimmed = text.trim();
  // Numbers beyond what this language holds exactly stay texts, and the server says what it thinks of them.
  if (isNumber && NUMERAL.test(trimmed) && (trimmed.includes(".") || Number.isSafeInteger(Number(trimmed)))) return Number(trimmed);
  return isText ? text : trimmed;
}

/** `inputs[2].blob` as `["inputs", 2, "blob"]`. */
export function segments(path) {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) => (index === undefined ? key : Number(index)));
}

"""#),
("js/session.js", "text/javascript; charset=utf-8", #"""
// Who is logged in. The token lives in sessionStorage: it is gone with the tab, and no other tab has it.

const KEY = "weft.token";

/** What each role may do, weakest first; a role includes those before it. */
const ROLES = ["viewer", "submitter", "admin"];

class Session extends EventTarget {
  #secret = sessionStorage.getItem(KEY);
  name = "";
  role = "";
  /** Why the last session ended, for the login form. */
  farewell = "";

  get secret() {
    return this.#secret;
  }

  begin(secret, {name, role}) {
    this.#secret = secret;
    sessionStorage.setItem(KEY, secret);
    this.name = name;
    this.role = role;
    this.farewell = "";
    this.dispatchEvent(new Event("change"));
  }

  end(farewell = "") {
    if (!this.#secret) return;
    this.#secret = null;
    sessionStorage.removeItem(KEY);
    this.name = "";
    this.role = "";
    this.farewell = farewell;
    this.dispatchEvent(new Event("change"));
  }

  may(role) {
    return ROLES.indexOf(this.role) >= ROLES.indexOf(role);
  }

  /** Why this session may not do what needs `role`; an empty text if it may. */
  whyNot(role) {
    return this.may(role) ? "" : `This needs the role ${role}; your token ${this.name} has the role ${this.role}.`;
  }

  /** The same for cancelling a job: submitters may cancel their own. */
  whyNotCancel(job) {
    if (this.may("admin") || (this.may("submitter") && job.submitter === this.name)) return "";
    if (!this.may("submitter")) return this.whyNot("submitter");
    return `Job ${job.id} was submitted by ${job.submitter}; only they or an admin may cancel it.`;
  }
}

export const session = new Session();

"""#),
("js/states.js", "text/javascript; charset=utf-8", #"""
// States in words, tones and icons: never by colour alone.

import {h, put, set} from "./dom.js";
import {icon} from "./icons.js";
import {words} from "./format.js";

const LOOKS = {
  waiting: ["idle", "clock"],
  running: ["busy", "play"],
  succeeded: ["good", "check"],
  failed: ["bad", "cross"],
  cancelled: ["idle", "slash"],
  assigned: ["idle", "clock"],
  completed: ["good", "check"],
  agreed: ["good", "check"],
  disagreed: ["warn", "differ"],
  differs: ["warn", "differ"],
  undecided: ["idle", "slash"],
  connected: ["good", "check"],
  silent: ["warn", "differ"],
  draining: ["busy", "pause"],
  paused: ["idle", "pause"],
  away: ["idle", "slash"],
  revoked: ["idle", "slash"],
  active: ["good", "check"],
  failing: ["warn", "differ"],
  disabled: ["bad", "cross"],
};

export const FINAL = new Set(["succeeded", "failed", "cancelled"]);
export const STATES = ["waiting", "running", "succeeded", "failed", "cancelled"];

export function badge(state, text = words(state)) {
  const element = h("span", {class: "badge"});
  setBadge(element, state, text);
  return element;
}

/** Changes a badge in place, and only when it differs. */
export function setBadge(element, state, text = words(state)) {
  const key = `${state} ${text}`;
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  const [tone, symbol] = LOOKS[state] ?? ["idle", "clock"];
  set(element, "data-tone", tone);
  put(element, icon(symbol), text);
}

/** Kinds of events, in tones. */
export function eventTone(event) {
  switch (event.kind) {
    case "disagreement": return "warn";
    case "missed": return "warn";
    case "node.left": return "bad";
    case "node.joined": return "good";
    case "job.submitted": return "busy";
    case "attempt.ended": return event.state === "completed" ? "idle" : "bad";
    case "job.moved":
    case "task.ended": return LOOKS[event.state]?.[0] ?? "idle";
    default: return "idle";
  }
}

"""#),
("js/theme.js", "text/javascript; charset=utf-8", #"""
// Not a module: it runs before the first paint, so a chosen theme never flashes in the other one.
"use strict";
{
  let choice = null;
  try {
    choice = localStorage.getItem("weft.theme");
  } catch {
    // Storage is forbidden here: the system's choice holds.
  }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
}

"""#),
("reference.html", "text/html; charset=utf-8", #"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Weft API</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="css/theme.css">
<link rel="stylesheet" href="css/reference.css">
<script src="js/theme.js"></script>
<script type="module" src="js/reference.js"></script>
</head>
<body>
<a class="skip" href="#start">To the operations</a>
<header>
<h1>Weft API</h1>
<p><a href="openapi.json">openapi.json</a> · <a href="/">Dashboard</a></p>
</header>
<div class="columns">
<nav aria-label="Operations"></nav>
<main id="start" tabindex="-1" aria-busy="true">
<noscript><p>This page needs JavaScript. <a href="openapi.json">openapi.json</a> says the same without.</p></noscript>
</main>
</div>
</body>
</html>

"""#),
]
}
