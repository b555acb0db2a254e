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
