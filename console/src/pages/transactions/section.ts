import { ReceiptText } from 'lucide-react'
import type { Section } from '../../sections.ts'

export const section: Section = {
  title: 'Transactions',
  path: '/transactions',
  icon: ReceiptText,
  group: 'Messages',
  order: 5,
  key: 'x',
  words: 'kafka producers transactional stuck abort hanging',
  pages: [{ path: '/transactions', load: () => import('./transaction-list.tsx') }],
}
