/** What definitions are of, or for: the broker, or one vhost. */
export const scopeChoices = (vhosts: readonly string[]): { value: string; label: string }[] => [
  { value: '', label: 'the whole broker' },
  ...vhosts.map((name) => ({ value: name, label: `vhost ${name}` })),
]
