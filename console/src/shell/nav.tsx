/**
 * The navigation: a track down the side of the panel. The section you are in is the lit piece of it. What the user's
 * tags do not open is not there.
 */
import { Ellipsis } from 'lucide-react'
import { Link, NavLink } from 'react-router'
import { GROUPS, type Section, sections } from '../sections.ts'
import { hasRole, useSession } from '../session/session.ts'
import { Mark } from './mark.tsx'

function useSections(): Section[] {
  const { user } = useSession()
  return sections.filter(({ group, role = 'management' }) => group !== null && hasRole(user, role))
}

export function SideNav() {
  const shown = useSections()
  return (
    <div className="flex min-h-full flex-col">
      <Link to="/" className="flex h-13 items-center gap-2.5 px-5 text-[1.143rem] font-semibold tracking-tight">
        <Mark size={26} />
        Signalbox
      </Link>
      <nav aria-label="Sections" className="flex flex-col gap-4 px-3 pt-3 pb-6">
        {GROUPS.map((group) => {
          const inside = shown.filter((section) => section.group === group)
          if (inside.length === 0) return null
          return (
            <div key={group}>
              <p className="plate px-3 pb-1">{group}</p>
              <ul className="relative before:absolute before:inset-y-1 before:left-[5px] before:w-px before:bg-line-strong">
                {inside.map(({ title, path, icon: Icon, key }) => (
                  <li key={path}>
                    <NavLink
                      to={path}
                      end={path === '/'}
                      aria-keyshortcuts={key === undefined ? undefined : `g ${key}`}
                      className="group relative flex items-center gap-2.5 rounded-md py-1.5 pr-2 pl-5 text-ink-2 before:absolute before:inset-y-1 before:left-[4px] before:w-[3px] before:rounded-full before:bg-transparent hover:bg-sunken hover:text-ink aria-[current=page]:font-semibold aria-[current=page]:text-ink aria-[current=page]:before:bg-accent"
                    >
                      <Icon size={16} className="shrink-0 group-aria-[current=page]:text-accent" aria-hidden="true" />
                      {title}
                    </NavLink>
                  </li>
                ))}
              </ul>
            </div>
          )
        })}
      </nav>
    </div>
  )
}

export function PhoneBar({ onMore }: { onMore: () => void }) {
  const shown = useSections().filter(({ onPhone }) => onPhone)
  const item =
    'flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[0.786rem] font-medium text-ink-2 aria-[current=page]:text-accent'
  return (
    <nav
      aria-label="Main sections"
      className="fixed inset-x-0 bottom-0 z-40 flex h-15 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {shown.slice(0, 4).map(({ title, path, icon: Icon }) => (
        <NavLink key={path} to={path} end={path === '/'} className={item}>
          <Icon size={19} aria-hidden="true" />
          {title}
        </NavLink>
      ))}
      <button type="button" onClick={onMore} className={item}>
        <Ellipsis size={19} aria-hidden="true" />
        More
      </button>
    </nav>
  )
}
