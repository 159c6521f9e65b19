/** Text with code between backticks. */
export function Prose({ text }: { text: string }) {
  return text.split(/(`[^`]+`)/).map((part, i) =>
    part.startsWith('`') ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts are told apart by their place
      <code key={i} className="rounded-sm bg-sunken px-1 py-px">
        {part.slice(1, -1)}
      </code>
    ) : (
      part
    ),
  )
}
