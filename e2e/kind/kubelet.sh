#!/bin/sh
# kubelet.sh NODE pause|resume: stops or continues the kubelet of a kind node, which is a container of that name.
set -eu
case $2 in pause) signal=STOP ;; resume) signal=CONT ;; *) exit 2 ;; esac
docker exec "$1" sh -c "kill -$signal \$(pidof kubelet)"
