import { Boxes } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Vhosts',
  path: '/vhosts',
  icon: Boxes,
  group: 'Administration',
  order: 3,
  key: 'v',
  words: 'virtual hosts tenants tracing protection',
  pages: [
    { path: '/vhosts', load: () => import('./vhost-list.tsx') },
    { path: '/vhosts/:name', load: () => import('./vhost-page.tsx') },
  ],
}
