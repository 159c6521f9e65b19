/** Keys: `/` to the filter, `g` and a letter to a section, Ctrl or Cmd and K to the palette, `?` to the list of them. */
import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { sections } from '../sections.ts'

const PAUSE_MS = 1200

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

export function useShortcuts(open: (what: 'palette' | 'keys') => void): void {
  const navigate = useNavigate()
  useEffect(() => {
    let awaited = 0
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        open('palette')
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"]') !== null) return
      const afterG = Date.now() < awaited
      awaited = 0
      if (afterG) {
        const section = sections.find(({ key }) => key === event.key)
        if (section !== undefined) navigate(section.path)
      } else if (event.key === 'g') awaited = Date.now() + PAUSE_MS
      else if (event.key === '?') open('keys')
      else if (event.key === '/') {
        const filter = document.querySelector<HTMLInputElement>('[data-filter]')
        if (filter === null) return
        event.preventDefault()
        filter.focus()
        filter.select()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [navigate, open])
}
