/** Publishes one message to an exchange, and says whether it reached anybody. */
import { useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import { exchangeSegment } from '../../links.ts'
import { FormDialog } from '../../parts/dialog.tsx'
import { CheckField, type Pair, PairsField, SelectField, TextArea, TextField, typedPairs } from '../../parts/form.tsx'
import { toast } from '../../parts/toasts.tsx'

interface PublishDialogProps {
  readonly vhost: string
  readonly exchange: string
  /** Of a queue: to it, by the default exchange. */
  readonly queue?: string
  readonly onClose: () => void
}

const CONTENT_TYPES = ['application/json', 'text/plain', 'application/octet-stream']

export function PublishDialog({ vhost, exchange, queue, onClose }: PublishDialogProps) {
  const [key, setKey] = useState(queue ?? '')
  const [payload, setPayload] = useState('')
  const [contentType, setContentType] = useState(CONTENT_TYPES[0])
  const [base64, setBase64] = useState(false)
  const [persistent, setPersistent] = useState(true)
  const [headers, setHeaders] = useState<readonly Pair[]>([])
  const publish = useChange(() => {
    const set = typedPairs(headers)
    return api.post<{ routed: boolean }>(`${path`/exchanges/${vhost}/${exchangeSegment(exchange)}`}/publish`, {
      routing_key: key,
      payload,
      payload_encoding: base64 ? 'base64' : 'string',
      properties: {
        content_type: contentType,
        delivery_mode: persistent ? 2 : 1,
        ...(Object.keys(set).length > 0 && { headers: set }),
      },
    })
  })
  const send = (): void =>
    publish.mutate(undefined, {
      onSuccess: ({ routed }) => {
        if (!routed) return toast.failed('Published, but no queue takes this routing key: the message is gone.')
        toast.done(queue === undefined ? 'Published and routed' : `Published to ${queue}`)
        onClose()
      },
    })
  return (
    <FormDialog
      open
      onClose={onClose}
      wide
      title={queue === undefined ? `Publish to ${exchange || 'the default exchange'}` : `Publish to ${queue}`}
      submit="Publish"
      busy={publish.isPending}
      onSubmit={send}
    >
      {queue === undefined && (
        <TextField
          label="Routing key"
          help={exchange === '' ? 'The name of the queue it goes to.' : undefined}
          value={key}
          onChange={setKey}
          mono
          autoFocus
        />
      )}
      <TextArea label={base64 ? 'Body, in base64' : 'Body'} value={payload} onChange={setPayload} rows={8} />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="Content type" value={contentType} onChange={setContentType} choices={CONTENT_TYPES} />
        <div className="flex flex-col gap-2 sm:pt-6">
          <CheckField label="Persistent" checked={persistent} onChange={setPersistent} />
          <CheckField label="The body is base64" checked={base64} onChange={setBase64} />
        </div>
      </div>
      <PairsField label="Headers" pairs={headers} onChange={setHeaders} add="Add header" />
    </FormDialog>
  )
}
