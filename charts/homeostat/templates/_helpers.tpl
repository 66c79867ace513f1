{{/* Labels of every object; called with a dict of root and component. */}}
{{- define "homeostat.labels" -}}
{{ include "homeostat.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: homeostat
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "homeostat.selector" -}}
app.kubernetes.io/name: homeostat-{{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Cluster-scoped names carry the namespace, so that two releases do not share one. */}}
{{- define "homeostat.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace .Release.Name | trunc 50 }}
{{- end }}

{{- define "homeostat.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* Host of a Service of this release as pods reach it; called with a dict of root and component. */}}
{{- define "homeostat.host" -}}
{{- $service := printf "%s-%s" .root.Release.Name .component }}
{{- if eq .root.Values.serviceDiscovery "environment" -}}
$({{ $service | upper | replace "-" "_" }}_SERVICE_HOST)
{{- else -}}
{{ $service }}.{{ .root.Release.Namespace }}.svc
{{- end }}
{{- end }}

{{- define "homeostat.natsUrl" -}}
{{ .Values.nats.url | default (printf "nats://%s:4222" (include "homeostat.host" (dict "root" . "component" "nats"))) }}
{{- end }}

{{/* The Restricted Pod Security profile. */}}
{{- define "homeostat.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65534
runAsGroup: 65534
fsGroup: 65534
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "homeostat.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
