import { UsersRound } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Groups',
  path: '/groups',
  icon: UsersRound,
  group: 'Messages',
  order: 4,
  key: 'g',
  words: 'kafka consumer groups lag rebalance offsets reset',
  pages: [
    { path: '/groups', load: () => import('./group-list.tsx') },
    { path: '/groups/:vhost/:name', load: () => import('./group-page.tsx') },
  ],
}
