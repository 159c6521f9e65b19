import { FileJson2 } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Definitions',
  path: '/definitions',
  icon: FileJson2,
  group: 'Administration',
  order: 5,
  role: 'administrator',
  key: 'd',
  words: 'export import backup migrate rabbitmq json',
  pages: [{ path: '/definitions', load: () => import('./definitions-page.tsx') }],
}
