/** The limits of a vhost as RabbitMQ keeps them: one runtime parameter `limits` of component `vhost-limits`. */
import type { Events } from '../events/events.ts'
import type { Component } from '../parameters/parameters.ts'
import { Refusal } from '../refusal.ts'
import type { Vhost } from '../vhost.ts'
import { vhostLimits } from './limits.ts'

export function vhostLimitsComponent(vhosts: ReadonlyMap<string, Vhost>, events: Events): Component {
  return {
    check(name, value) {
      if (name !== 'limits') {
        throw new Refusal(
          'precondition-failed',
          `component vhost-limits knows the parameter 'limits' only, not '${name}'`,
        )
      }
      vhostLimits(value)
    },
    apply(vhost, _name, value) {
      const host = vhosts.get(vhost)
      if (host !== undefined) host.limits = vhostLimits(value ?? {})
    },
    announce(vhost, value) {
      if (value === undefined) events.emit('vhost.limits.cleared', { vhost })
      else events.emit('vhost.limits.set', { vhost, limits: vhostLimits(value) })
    },
  }
}
