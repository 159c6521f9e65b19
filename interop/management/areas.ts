/** All areas of the contract, in the order in which they are held. */
import type { Area } from './row.ts'
import { users, vhostLimits, vhosts } from './rows/access.ts'
import { live } from './rows/live.ts'
import { messages } from './rows/messages.ts'
import { names } from './rows/names.ts'
import { notRun } from './rows/not-run.ts'
import { parameters, policies } from './rows/policies.ts'
import { roles } from './rows/roles.ts'
import { health, overviews, unknown } from './rows/system.ts'
import { bindings, exchanges, queues } from './rows/topology.ts'

export const areas: readonly Area[] = [
  vhosts,
  users,
  vhostLimits,
  exchanges,
  queues,
  bindings,
  messages,
  live,
  policies,
  parameters,
  overviews,
  health,
  unknown,
  names,
  roles,
  ...notRun,
]
