/** The flags that every command takes, before or after its name; no setting of the broker is called like one of them. */
export const sessionFlags: readonly string[] = ['--url', '-u', '--user', '--password', '-p', '--vhost', '--json']
