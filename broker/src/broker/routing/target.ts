// What a match names. Targets are compared by identity: one live object per queue, exchange and history of a vhost.

/** What a binding leads to. */
export interface RouteTarget {
  readonly kind: 'queue' | 'exchange'
  readonly name: string
}

/**
 * What an exchange remembers of its messages: all of the last ones (`history`), or their keys (`seen`). No destination,
 * so a message that only gets here was not routed.
 */
export interface HistoryTarget {
  readonly kind: 'history' | 'seen'
  readonly name: string
}
