import { Waypoints } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Topology',
  path: '/topology',
  icon: Waypoints,
  group: 'Watch',
  order: 2,
  key: 't',
  onPhone: true,
  words: 'graph routing trace bindings where would this message go',
  pages: [{ path: '/topology', load: () => import('./topology-page.tsx') }],
}
