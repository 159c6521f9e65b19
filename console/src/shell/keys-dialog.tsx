/** The list of keys. */
import { Dialog } from '../parts/dialog.tsx'
import { sections } from '../sections.ts'

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const keys: [string[], string][] = [
    [['Ctrl', 'K'], 'Go to any page or object'],
    [['/'], 'Filter the list'],
    [['?'], 'This list'],
    ...sections
      .filter(({ key }) => key !== undefined)
      .map(({ key, title }): [string[], string] => [['g', key!], title]),
  ]
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-1 gap-x-8 gap-y-2 overflow-y-auto px-5 py-4 sm:grid-cols-2">
        {keys.map(([pressed, what]) => (
          <div key={what} className="flex items-center justify-between gap-4">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {pressed.map((key) => (
                <kbd key={key} className="rounded-sm border border-line-strong bg-raised px-1.5 py-px">
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
