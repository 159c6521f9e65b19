import { Cable } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Connections',
  path: '/connections',
  icon: Cable,
  group: 'Clients',
  order: 2,
  key: 'c',
  words: 'clients sockets close',
  pages: [
    { path: '/connections', load: () => import('./connection-list.tsx') },
    { path: '/connections/:name', load: () => import('./connection-page.tsx') },
  ],
}
