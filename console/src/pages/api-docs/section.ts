import { BookOpen } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'HTTP API',
  path: '/api-docs',
  icon: BookOpen,
  group: 'Clients',
  order: 9,
  key: 'h',
  words: 'rest openapi curl publish receive documentation',
  pages: [{ path: '/api-docs', load: () => import('./api-docs-page.tsx') }],
}
