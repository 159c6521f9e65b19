import { Mail } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Messages',
  path: '/messages',
  icon: Mail,
  group: 'Messages',
  order: 0,
  key: 'm',
  onPhone: true,
  words: 'browse search publish move redrive dead letters replay',
  pages: [
    { path: '/messages', load: () => import('./choose-page.tsx') },
    { path: '/queues/:vhost/:name/messages', load: () => import('./queue-messages.tsx') },
    { path: '/topics/:vhost/:name/messages', load: () => import('./topic-messages.tsx') },
  ],
}
