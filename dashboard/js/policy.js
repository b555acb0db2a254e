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
