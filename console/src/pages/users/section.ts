import { KeyRound } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Users',
  path: '/users',
  icon: KeyRound,
  group: 'Administration',
  order: 2,
  role: 'administrator',
  key: 'u',
  words: 'passwords roles tags permissions access',
  pages: [
    { path: '/users', load: () => import('./user-list.tsx') },
    { path: '/users/:name', load: () => import('./user-page.tsx') },
  ],
}
