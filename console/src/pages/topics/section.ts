import { Logs } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Topics',
  path: '/topics',
  icon: Logs,
  group: 'Messages',
  order: 3,
  key: 'k',
  words: 'kafka partitions records retention compaction offsets',
  pages: [
    { path: '/topics', load: () => import('./topic-list.tsx') },
    { path: '/topics/:vhost/:name', load: () => import('./topic-page.tsx') },
  ],
}
