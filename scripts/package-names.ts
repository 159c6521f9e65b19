/** What the packages are called in the registry: here and in no other place. */
export const packageNames = {
  broker: 'signalbox',
  client: '@signalbox/client',
  /** If the scope is not to be had. */
  clientFallback: 'signalbox-client',
}
