/** One line on stderr for each reason why the broker could not start, with what to do about it. */
import type { SettingName, Settings } from '../config/schema.ts'
import { flag } from '../config/spelling.ts'
import { portHolder } from './port-holder.ts'

export function describeStartError(error: unknown, settings: Settings): string {
  const { code, port, address, message } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE' && port !== undefined) {
    const holder = portHolder(port)
    return `port ${port} is taken${holder ? ` by ${holder}` : ''}; choose another with ${settingOf(port, settings)}`
  }
  if (code === 'EADDRINUSE') return `${address} is in use by another process; choose another with --amqp-socket`
  if (code === 'EACCES' && port !== undefined) {
    return `port ${port} is not open to this user; choose one above 1023 with ${settingOf(port, settings)}`
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${settings.host} is no address of this machine; choose one with --host`
  }
  return (error as Error).name === 'DefinitionsError' ? `${settings.definitions}: ${message}` : message
}

function settingOf(port: number, settings: Settings): string {
  if (settings.kafka.listeners.some((one) => one.port === port)) return 'kafka.listeners'
  const ports: readonly SettingName[] = ['amqpsPort', 'kafkaPort', 'httpPort', 'httpsPort', 'prometheusPort']
  return flag(ports.find((name) => settings[name] === port) ?? 'amqpPort')
}
