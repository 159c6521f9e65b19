import { Inbox } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Consumers',
  path: '/consumers',
  icon: Inbox,
  group: 'Clients',
  order: 4,
  key: 's',
  words: 'consumer tag prefetch subscribe',
  pages: [{ path: '/consumers', load: () => import('./consumer-list.tsx') }],
}
