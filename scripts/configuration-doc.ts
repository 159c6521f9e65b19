/**
 * docs/configuration.md, from the settings table.
 */
import { type SettingName, settingNames, settings } from '../broker/src/config/schema.ts'
import { fileKey, flag, variable } from '../broker/src/config/spelling.ts'

const HEAD = `# Configuration

<!-- Made from broker/src/config/schema.ts by \`npm run docs\`; a test fails when the two differ. -->

Every setting has one name. \`amqp_port\` in the config file is \`--amqp-port\` as a flag, \`SIGNALBOX_AMQP_PORT\` in the
environment and \`amqpPort\` in the options of \`startBroker\`. Flags beat the environment, which beats the file, which
beats the defaults. The file is YAML and named by \`--config FILE\` or \`SIGNALBOX_CONFIG\`.

A key that is no setting, and a value that is not allowed, are refused before anything starts, with their place:

\`\`\`text
signalbox: amqp_prot at signalbox.yaml:2:1 is no setting (did you mean amqp_port?)
signalbox: amqp_port: "70000" is not allowed at signalbox.yaml:2:12; allowed: a port from 0 to 65535 (0 takes any free one), or off
\`\`\`

A config file:

\`\`\`yaml
data_dir: /var/lib/signalbox
host: 0.0.0.0
vhosts: [/, staging]
users:
  orders:
    password: change-me
    permissions:
      /: { configure: '^orders', write: '^orders', read: '.*' }
\`\`\`

## Settings
`

export function configurationDoc(): string {
  return `${HEAD}\n${settingNames.map(entry).join('\n')}`
}

function entry(name: SettingName): string {
  const { doc, allowed, shown } = settings[name]
  const spelled =
    'fileOnly' in settings[name]
      ? `In the config file only (and \`${name}\` for \`startBroker\`).`
      : `\`${flag(name)}\` · \`${variable(name)}\` · \`${name}\``
  return `### \`${fileKey(name)}\`\n\n${doc}\n\n- Default: \`${shown}\`\n- Allowed: ${allowed}\n- ${spelled}\n`
}
