import { Server } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Node',
  path: '/nodes',
  icon: Server,
  group: 'Administration',
  order: 4,
  role: 'monitoring',
  key: 'n',
  words: 'memory disk files listeners settings health checks alarms',
  pages: [{ path: '/nodes', load: () => import('./node-page.tsx') }],
}
