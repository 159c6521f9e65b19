import { Gauge } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Overview',
  path: '/',
  icon: Gauge,
  group: 'Watch',
  order: 1,
  key: 'o',
  onPhone: true,
  words: 'home dashboard alarms ports nodes',
  pages: [{ path: '/', load: () => import('./overview.tsx') }],
}
