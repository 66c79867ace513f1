#!/bin/bash
# Becomes a node: joins the node's cgroups, so that its cgroup namespace begins there, then leaves the machine's namespaces
# and runs init.sh in its place. Environment: as init.sh, and NODE_CGROUP.
set -euo pipefail
init=$(dirname "$0")/init.sh
leave=(unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc --propagation private)
if [ "$CGROUPS" = v2 ]; then
  root=/sys/fs/cgroup/$NODE_CGROUP
  echo $$ > "$root/cgroup.procs"
  # a cgroup that gives controllers to its children may hold no process itself: the node's own go into a leaf
  exec unshare --cgroup bash -c 'mkdir -p "$1/init"; echo $$ > "$1/init/cgroup.procs"; shift; exec "$@"' - "$root" "${leave[@]}" "$init"
fi
for c in $CGROUPS; do echo $$ > "/sys/fs/cgroup/$c/$NODE_CGROUP/cgroup.procs"; done
exec "${leave[@]}" --cgroup "$init"
