/** Who is logged in, and what they may see. Tags mean what they mean in RabbitMQ. */
import { createContext, useContext } from 'react'

export type Role = 'management' | 'policymaker' | 'monitoring' | 'administrator'

const ROLES: Readonly<Record<string, readonly Role[]>> = {
  management: ['management'],
  policymaker: ['policymaker', 'management'],
  monitoring: ['monitoring', 'management'],
  administrator: ['administrator', 'monitoring', 'policymaker', 'management'],
}

export interface User {
  readonly name: string
  readonly tags: readonly string[]
}

export const hasRole = (user: User, role: Role): boolean => user.tags.some((tag) => ROLES[tag]?.includes(role))

interface Session {
  readonly user: User
  logout(): void
}

export const SessionContext = createContext<Session | null>(null)

/** Of pages behind the login. */
export function useSession(): Session & { may: (role: Role) => boolean } {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('nobody is logged in')
  return { ...session, may: (role) => hasRole(session.user, role) }
}
