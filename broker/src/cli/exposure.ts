/** The warning for a broker that others can reach but nobody can log in to, or everybody could guess. */
import type { Settings } from '../config/schema.ts'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

/**
 * @param users names of all users the broker knows once it has started.
 * @returns what to set, or undefined when there is nothing to say.
 */
export function exposureWarning(settings: Settings, users: readonly string[]): string | undefined {
  const listens = settings.amqpPort !== null || settings.amqpsPort !== null || settings.kafkaPort !== null
  if (!listens || LOOPBACK.test(settings.host) || users.some((name) => name !== 'guest')) return undefined
  const guest = settings.loopbackUsers.includes('guest')
    ? 'guest, which may connect only from this machine'
    : 'guest, whose password everybody knows'
  return `listening on ${settings.host}, but the only user is ${guest}: make one with users: in the config file, with --definitions, or with SIGNALBOX_DEFAULT_USER and SIGNALBOX_DEFAULT_PASS on an empty data directory`
}
