// What a match names. Targets are compared by identity: one live object per queue, exchange and history of a vhost.

/** What a binding leads to. */
export interface RouteTarget {
  readonly kind: 'queue' | 'exchange'
  readonly name: string
}

/** What an exchange remembers of its messages: no destination, so a message that only gets here was not routed. */
export interface HistoryTarget {
  readonly kind: 'history'
  readonly name: string
}
