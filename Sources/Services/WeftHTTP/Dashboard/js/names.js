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
