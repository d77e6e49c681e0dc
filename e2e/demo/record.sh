#!/usr/bin/env bash
# Builds the demonstration node and records it: record.sh OUTPUT.json.gz
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$(realpath -m "${1:?usage: record.sh OUTPUT.json.gz}")
work=$(mktemp -d)
names=(ucp-kube-apiserver ucp-kube-controller-manager ucp-kube-scheduler ucp-kv ucp-kubelet ucp-kube-proxy ucp-controller ucp-proxy)
volumes=(ucp-node-certs ucp-kv ucp-kv-certs)
label=mkeaudit.demonstration=1

if docker ps -aq --filter "name=^ucp-" | grep -q .; then
  echo "record.sh: this engine has ucp-* containers already; it will not touch a real node" >&2
  exit 1
fi
clean() {
  docker rm -f "${names[@]}" >/dev/null 2>&1 || true
  docker volume rm "${volumes[@]}" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT

echo "building" >&2
(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/standin" ./standin)
(cd "$top" && CGO_ENABLED=0 go build -trimpath -o "$work/mkeaudit" .)

# One image for each of MKE's, holding the stand-in under the names it needs.
image() { # image NAME program...
  local name=$1 root="$work/image-$1"; shift
  mkdir -p "$root/bin" "$root/etc" "$root/tmp"
  for p in "$@"; do cp "$work/standin" "$root/bin/$p"; done
  if [ "$name" = ucp-hyperkube ]; then
    cp "$here/audit_policy.yaml" "$root/etc/audit_policy.yaml"
    chmod 644 "$root/etc/audit_policy.yaml"
  fi
  tar -C "$root" --owner=0 --group=0 -c . | docker import --change 'CMD ["/bin/true"]' - "mirantis/$name:3.7.2" >/dev/null
}
image ucp-hyperkube kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy
image ucp-etcd etcd
image ucp-controller controller
image ucp-agent ucp-agent

echo "certificates" >&2
c="$work/certs"; mkdir -p "$c/node" "$c/kv"
authority() { # authority DIR NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/O=Demonstration/CN=$2" \
    -keyout "$work/$2.key" -out "$1/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Demonstration/CN=mgr-01" \
    -keyout "$1/key.pem" -out "$work/leaf.csr" 2>/dev/null
  openssl x509 -req -in "$work/leaf.csr" -CA "$1/ca.pem" -CAkey "$work/$2.key" -CAcreateserial -days 825 -out "$1/cert.pem" 2>/dev/null
}
authority "$c/node" "Swarm Root CA"
authority "$c/kv" "Key Value Store CA"
openssl genrsa -out "$c/node/service_account_key.pem" 2048 2>/dev/null
cp "$c/kv/ca.pem" "$c/node/etcd-ca.pem"
key=$(openssl rand -base64 32)
cat >"$c/node/encryption.cfg" <<YAML
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - aescbc: {keys: [{name: key1, secret: $key}]}
      - identity: {}
YAML
for who in kubelet controller_manager scheduler kube_proxy; do
  cat >"$c/node/$who.conf" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: mke, cluster: {server: "https://192.0.2.11:6444", certificate-authority: /var/lib/docker/ucp/ucp-node-certs/ca.pem}}]
users: [{name: $who, user: {client-certificate: /var/lib/docker/ucp/ucp-node-certs/cert.pem, client-key: /var/lib/docker/ucp/ucp-node-certs/key.pem}}]
contexts: [{name: default, context: {cluster: mke, user: $who}}]
current-context: default
YAML
done
chmod 644 "$c"/*/ca.pem "$c"/*/cert.pem "$c/node/etcd-ca.pem"
chmod 600 "$c"/*/key.pem "$c/node/service_account_key.pem" "$c/node/encryption.cfg" "$c"/node/*.conf
fill() { # fill VOLUME DIR
  docker volume create --label "$label" "$1" >/dev/null
  cp -p "$2"/. "$(docker volume inspect -f '{{.Mountpoint}}' "$1")"/ -r
}
fill ucp-node-certs "$c/node"
fill ucp-kv-certs "$c/kv"
mkdir -p "$work/empty"; fill ucp-kv "$work/empty"
kv=$(docker volume inspect -f '{{.Mountpoint}}' ucp-kv)
mkdir -m 700 "$kv/datav3"
chown -R root:root "$kv" "$(docker volume inspect -f '{{.Mountpoint}}' ucp-node-certs)" "$(docker volume inspect -f '{{.Mountpoint}}' ucp-kv-certs)"

echo "containers" >&2
run() { # run NAME IMAGE program args...
  local name=$1 image=$2; shift 2
  docker run -d --name "$name" --network none --label com.docker.ucp.version=3.7.2 --label "$label" \
    "${mounts[@]}" "mirantis/$image:3.7.2" "$@" >/dev/null
}
C=/var/lib/docker/ucp/ucp-node-certs
mounts=(-v "ucp-node-certs:$C")
run ucp-kube-apiserver ucp-hyperkube /bin/kube-apiserver \
  --allow-privileged=true --anonymous-auth=false --authorization-mode=Node,RBAC,Webhook \
  --authorization-webhook-config-file=/etc/authorization_config.cfg \
  --audit-policy-file=/etc/audit_policy.yaml --audit-log-path=/var/log/kube-apiserver/audit.log \
  --audit-log-maxage=30 --audit-log-maxbackup=10 --audit-log-maxsize=100 \
  --bind-address=0.0.0.0 --secure-port=12388 \
  --client-ca-file=$C/ca.pem --requestheader-client-ca-file=$C/ca.pem --kubelet-certificate-authority=$C/ca.pem \
  --enable-admission-plugins=NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,ResourceQuota,PodNodeSelector,DenyServiceExternalIPs,UCPAuthorization,CheckImageSigning,UCPNodeSelector \
  --encryption-provider-config=$C/encryption.cfg \
  --etcd-cafile=$C/etcd-ca.pem --etcd-certfile=$C/cert.pem --etcd-keyfile=$C/key.pem --etcd-servers=https://192.0.2.11:12379 \
  --kubelet-client-certificate=$C/cert.pem --kubelet-client-key=$C/key.pem \
  --profiling=false --service-account-issuer=https://kubernetes.default.svc --service-account-lookup=true \
  --service-account-key-file=$C/service_account_key.pem --service-account-signing-key-file=$C/service_account_key.pem \
  --service-cluster-ip-range=10.96.0.0/16 --tls-cert-file=$C/cert.pem --tls-private-key-file=$C/key.pem
run ucp-kube-controller-manager ucp-hyperkube /bin/kube-controller-manager \
  --bind-address=127.0.0.1 --kubeconfig=$C/controller_manager.conf --profiling=false --root-ca-file=$C/ca.pem \
  --service-account-private-key-file=$C/service_account_key.pem --terminated-pod-gc-threshold=12500 --use-service-account-credentials=true
run ucp-kube-scheduler ucp-hyperkube /bin/kube-scheduler --kubeconfig=$C/scheduler.conf --bind-address=127.0.0.1 --profiling=false
run ucp-kubelet ucp-hyperkube /bin/kubelet \
  --anonymous-auth=false --authorization-mode=Webhook --client-ca-file=$C/ca.pem --event-qps=50 --kubeconfig=$C/kubelet.conf \
  --make-iptables-util-chains=true --max-pods=110 --read-only-port=0 --tls-cert-file=$C/cert.pem --tls-private-key-file=$C/key.pem
run ucp-kube-proxy ucp-hyperkube /bin/kube-proxy --cluster-cidr=192.168.0.0/16 --kubeconfig=$C/kube_proxy.conf
mounts=(-v ucp-kv:/data -v ucp-kv-certs:/etc/docker/ssl)
run ucp-kv ucp-etcd /bin/etcd \
  --data-dir /data/datav3 --name orca-kv-192.0.2.11 --listen-peer-urls https://0.0.0.0:12380 --listen-client-urls https://0.0.0.0:2379 \
  --advertise-client-urls https://192.0.2.11:12379 --trusted-ca-file /etc/docker/ssl/ca.pem --cert-file /etc/docker/ssl/cert.pem \
  --key-file /etc/docker/ssl/key.pem --client-cert-auth --peer-trusted-ca-file /etc/docker/ssl/ca.pem \
  --peer-cert-file /etc/docker/ssl/cert.pem --peer-key-file /etc/docker/ssl/key.pem --peer-client-cert-auth \
  --heartbeat-interval 500 --election-timeout 5000 --snapshot-count 20000 --metrics=extensive --logger=zap \
  --initial-cluster orca-kv-192.0.2.11=https://192.0.2.11:12380,orca-kv-192.0.2.12=https://192.0.2.12:12380,orca-kv-192.0.2.13=https://192.0.2.13:12380
mounts=()
run ucp-controller ucp-controller /bin/controller server
run ucp-proxy ucp-agent /bin/ucp-agent proxy

echo "recording" >&2
origin="A demonstration, not a real MKE node. Recorded with 'mkeaudit collect' from real processes in real Docker containers that carry MKE 3.7's names, volumes, labels and flag styles; the programs are stand-ins that wait, and flag values are assumptions where Mirantis documents none."
export work origin out
unshare --mount --uts bash -euc '
  hostname mgr-01
  mount --make-rprivate /
  mkdir -p /etc/cni "$work/cni/net.d"
  cat >"$work/cni/net.d/10-calico.conflist" <<JSON
{"name":"k8s-pod-network","cniVersion":"0.3.1","plugins":[{"type":"calico"},{"type":"portmap"}]}
JSON
  printf "apiVersion: v1\nkind: Config\n" >"$work/cni/net.d/calico-kubeconfig"
  chmod 600 "$work"/cni/net.d/*
  mount --bind "$work/cni" /etc/cni
  printf "6d6b656175646974000000000000d3e0\n" >"$work/machine-id"
  mount --bind "$work/machine-id" /etc/machine-id
  "$work/mkeaudit" collect -o "$out" --origin "$origin"
'
echo "recorded $out" >&2
