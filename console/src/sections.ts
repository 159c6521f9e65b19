/**
 * The sections of the console. Each folder below pages/ has a `section.ts` that says what stands in the navigation, which
 * key leads there and which pages it has; pages are loaded when they are opened.
 */
import type { LucideIcon } from 'lucide-react'
import type { ComponentType } from 'react'
import type { Role } from './session/session.ts'

export const GROUPS = ['Watch', 'Messages', 'Clients', 'Administration'] as const

export interface PageModule {
  readonly default: ComponentType
}

export interface Section {
  readonly title: string
  /** Of its first page, e.g. `/queues`. */
  readonly path: string
  readonly icon: LucideIcon
  /** Null: not in the navigation. */
  readonly group: (typeof GROUPS)[number] | null
  /** Within the group. */
  readonly order: number
  /** What the user needs to see it; `management` unless said. */
  readonly role?: Role
  /** The key after `g`. */
  readonly key?: string
  /** Stands in the bar at the bottom of a phone. */
  readonly onPhone?: boolean
  /** Words that find it in the command palette beside its title. */
  readonly words?: string
  readonly pages: readonly { readonly path: string; readonly load: () => Promise<PageModule> }[]
}

const found = import.meta.glob<{ section: Section }>('./pages/*/section.ts', { eager: true })

export const sections: readonly Section[] = Object.values(found)
  .map(({ section }) => section)
  .sort((a, b) => groupIndex(a) - groupIndex(b) || a.order - b.order)

function groupIndex({ group }: Section): number {
  return group === null ? GROUPS.length : GROUPS.indexOf(group)
}
