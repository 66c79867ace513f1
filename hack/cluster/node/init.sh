#!/bin/bash
# First process of a node; runs inside the node's own namespaces. Mounts what a separate machine would have for itself,
# then keeps containerd, kubelet and kube-proxy running. A file stop.<program> keeps that program down once it has ended.
# Environment: NODE_NAME, NODE_DIR, NODE_ADDRESS, KUBECONFIG, CGROUPS ("v2", or the names of the v1 hierarchies).
set -euo pipefail
N=$NODE_DIR
hostname "$NODE_NAME"
ip link set lo up
mount --make-rprivate /

# sysfs of this network namespace, and cgroup hierarchies that begin at this node's own cgroup
umount -l /sys/fs/cgroup 2> /dev/null || true
mount -t sysfs sysfs /sys
if [ "$CGROUPS" = v2 ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  for c in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$c" > /sys/fs/cgroup/cgroup.subtree_control; done
else
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  for c in $CGROUPS; do
    mkdir "/sys/fs/cgroup/$c"
    # containerd looks up every line of /proc/PID/cgroup: without the systemd hierarchy it silently watches no OOM events
    case $c in systemd) o=none,name=systemd ;; *) o=$c ;; esac
    mount -t cgroup -o "$o" cgroup "/sys/fs/cgroup/$c"
  done
fi

# kubelet writes some kernel settings; these files hold the values it wants, so that the machine keeps its own
mkdir -p "$N/sysctl"
for kv in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  f=$N/sysctl/$(basename "${kv%=*}")
  echo "${kv#*=}" > "$f"
  mount --bind "$f" "/proc/sys/${kv%=*}"
done
for d in /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /run; do
  mkdir -p "$d" "$N$d"
  mount --bind "$N$d" "$d"
done
mkdir -p /run/lock /run/containerd
mount --make-rshared /

keep() { # NAME COMMAND... : start it again whenever it ends
  local name=$1
  shift
  while :; do
    [ -e "$N/stop.$name" ] || "$@" >> "$N/log/$name.log" 2>&1 || true
    sleep 0.5
  done
}
until [ -e "$N/net-ready" ]; do sleep 0.05; done
ulimit -n 20000
mkdir -p "$N/log"
keep containerd containerd -c "$N/containerd.toml" &
until [ -S /run/containerd/containerd.sock ] && ctr version > /dev/null 2>&1; do sleep 0.05; done
"$(dirname "$0")/load.sh"
keep kubelet kubelet --config="$N/kubelet.yaml" --kubeconfig="$KUBECONFIG" --hostname-override="$NODE_NAME" --node-ip="$NODE_ADDRESS" --v=2 &
keep kube-proxy kube-proxy --config="$N/proxy.yaml" --hostname-override="$NODE_NAME" &
wait
