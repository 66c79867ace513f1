#!/bin/sh
# The e2e suite on the kind cluster that `kind get clusters` names homeostat (or $1): builds the images, loads them,
# installs the chart, runs the scenarios. Needs docker, kind, kubectl and helm.
set -eu
cd "$(dirname "$0")/../.."
cluster=${1:-homeostat}
node=node_modules/.bin/node

$node hack/build/main.ts
for program in operator agent; do
  docker build -q -f hack/images/Dockerfile --build-arg PROGRAM=$program -t localhost/homeostat-$program:e2e .
done
docker pull -q busybox:1.37
docker tag busybox:1.37 localhost/busybox:1
docker pull -q nats:2.12.1-alpine
kind load docker-image --name "$cluster" localhost/homeostat-operator:e2e localhost/homeostat-agent:e2e localhost/busybox:1 nats:2.12.1-alpine

helm upgrade --install homeostat charts/homeostat --namespace homeostat-system --create-namespace --wait --timeout 3m \
  --set operator.image.repository=localhost/homeostat-operator,operator.image.tag=e2e,operator.image.pullPolicy=Never \
  --set agent.image.repository=localhost/homeostat-agent,agent.image.tag=e2e,agent.image.pullPolicy=Never
helm test homeostat --namespace homeostat-system

mkdir -p dist/e2e
kind get kubeconfig --name "$cluster" > dist/e2e/kubeconfig
HOMEOSTAT_E2E_KUBELET=e2e/kind/kubelet.sh KUBECONFIG=$PWD/dist/e2e/kubeconfig $node e2e/main.ts --installed --sequential --report dist/e2e/report.json
