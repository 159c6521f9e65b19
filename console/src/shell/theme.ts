/** Light or dark: the system's, unless the reader chose. */
import { useEffect, useSyncExternalStore } from 'react'
import { readStored, useStored } from './stored.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'

const dark = matchMedia('(prefers-color-scheme: dark)')

const resolved = (choice: ThemeChoice): 'light' | 'dark' =>
  choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice

export function applyTheme(choice: ThemeChoice = readStored('theme', 'system')): void {
  document.documentElement.dataset.theme = resolved(choice)
}

export function useTheme(): { choice: ThemeChoice; theme: 'light' | 'dark'; choose: (choice: ThemeChoice) => void } {
  const [choice, choose] = useStored<ThemeChoice>('theme', 'system')
  const systemDark = useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener)
      return () => dark.removeEventListener('change', listener)
    },
    () => dark.matches,
  )
  const theme = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice
  useEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  return { choice, theme, choose }
}
