import { Spline } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Channels',
  path: '/channels',
  icon: Spline,
  group: 'Clients',
  order: 3,
  key: 'h',
  words: 'prefetch unacknowledged unconfirmed confirms',
  pages: [
    { path: '/channels', load: () => import('./channel-list.tsx') },
    { path: '/channels/:name', load: () => import('./channel-page.tsx') },
  ],
}
