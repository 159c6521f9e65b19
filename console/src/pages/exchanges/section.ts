import { Split } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Exchanges',
  path: '/exchanges',
  icon: Split,
  group: 'Messages',
  order: 2,
  key: 'e',
  words: 'routing bindings',
  pages: [
    { path: '/exchanges', load: () => import('./exchange-list.tsx') },
    { path: '/exchanges/:vhost/:name', load: () => import('./exchange-page.tsx') },
  ],
}
