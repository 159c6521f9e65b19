import { ScrollText } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Policies',
  path: '/policies',
  icon: ScrollText,
  group: 'Administration',
  order: 1,
  key: 'p',
  words: 'operator policies limits ttl max-length retention dead letters',
  pages: [{ path: '/policies', load: () => import('./policies-page.tsx') }],
}
