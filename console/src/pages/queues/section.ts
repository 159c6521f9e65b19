import { Rows3 } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Queues',
  path: '/queues',
  icon: Rows3,
  group: 'Messages',
  order: 1,
  key: 'q',
  onPhone: true,
  words: 'streams backlog',
  pages: [
    { path: '/queues', load: () => import('./queue-list.tsx') },
    { path: '/queues/:vhost/:name', load: () => import('./queue-page.tsx') },
  ],
}
