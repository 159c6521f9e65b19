/** Limits of vhosts and users: what they may hold at once. */

export type Limited = 'vhost' | 'user'

interface LimitKey {
  readonly name: string
  readonly title: string
  readonly text: string
}

export const LIMITS: Readonly<Record<Limited, readonly LimitKey[]>> = {
  vhost: [
    {
      name: 'max-connections',
      title: 'Most connections',
      text: 'Open into it at once. 0 lets nobody in.',
    },
    { name: 'max-queues', title: 'Most queues', text: 'With streams. Those that are there stay.' },
  ],
  user: [
    {
      name: 'max-connections',
      title: 'Most connections',
      text: 'Open by this user at once. 0 lets it in no more.',
    },
    { name: 'max-channels', title: 'Most channels', text: 'Open on all connections of this user together.' },
  ],
}

export type LimitValues = Readonly<Record<string, number>>

/** A row of `/vhost-limits` and `/user-limits`. */
export type LimitRow = { readonly value: LimitValues } & { readonly vhost?: string; readonly user?: string }
