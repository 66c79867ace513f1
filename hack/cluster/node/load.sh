#!/bin/bash
# Imports the image archives of NODE_IMAGES that are new or changed; runs inside the node.
set -euo pipefail
mkdir -p "$NODE_DIR/imported"
IFS=: read -ra directories <<< "$NODE_IMAGES"
shopt -s nullglob
for directory in "${directories[@]}"; do for archive in "$directory"/*.tar; do
  seen=$NODE_DIR/imported/$(basename "$archive")
  [ "$seen" -nt "$archive" ] || { ctr -n k8s.io images import --local "$archive" >> "$NODE_DIR/log/import.log" 2>&1 && touch "$seen"; }
done; done
