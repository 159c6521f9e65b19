/** AlterConfigs: what is given replaces all that a resource says itself. */
import { alterConfigs } from '../wire/kafka/messages/alter-configs.ts'
import { alterResources, checkKeys } from './config-resources.ts'
import { handler } from './handler.ts'

export const alterConfigsHandler = handler(alterConfigs, (request, call) => {
  const { durability, catalog } = call.context.broker
  const responses = alterResources(call, request.resources, request.validateOnly, (resource) => {
    checkKeys(resource, resource.configs)
    return new Map(resource.configs.map(({ name, value }) => [name, value!]))
  })
  durability.after(catalog.lastRound, () => call.respond({ responses }))
})
