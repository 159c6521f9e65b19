// What a binding leads to. Targets are compared by identity: one live object per queue and exchange of a vhost.

export interface RouteTarget {
  readonly kind: 'queue' | 'exchange'
  readonly name: string
}
