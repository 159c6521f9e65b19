/** IncrementalAlterConfigs: settings set, taken back, or added to as lists; the others stay (KIP-339). */
import { StreamRefusal } from '../broker/stream-refusal.ts'
import { type ConfigChange, type ConfigOperation, withChanges } from '../broker/topic/config-changes.ts'
import { incrementalAlterConfigs } from '../wire/kafka/messages/incremental-alter-configs.ts'
import { alterResources, checkKeys } from './config-resources.ts'
import { handler } from './handler.ts'

const OPERATIONS: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract']

export const incrementalAlterConfigsHandler = handler(incrementalAlterConfigs, (request, call) => {
  const { durability, catalog } = call.context.broker
  const responses = alterResources(call, request.resources, request.validateOnly, (resource, alterable) => {
    const changes = resource.configs.map(({ name, value, configOperation }): ConfigChange => {
      const operation = OPERATIONS[configOperation]
      if (operation !== undefined) return { name, operation, value }
      throw new StreamRefusal('invalid-request', `Unknown operations type ${configOperation}`)
    })
    checkKeys(
      resource,
      changes.filter(({ operation }) => operation !== 'delete'),
    )
    return withChanges(alterable.current, changes, alterable.rows, (name) => alterable.unset(name))
  })
  durability.after(catalog.lastRound, () => call.respond({ responses }))
})
