/**
 * The plain form that parsing gives, from the one that building takes: every field is there, except those in
 * `Kept`, which appear only where building would not arrive at the same bytes by itself; addresses are text.
 */
export type Parsed<Init, Kept extends keyof Init = never> = {
  [Field in Exclude<keyof Init, Kept>]-?: Textual<NonNullable<Init[Field]>>;
} & { [Field in Kept]?: Textual<NonNullable<Init[Field]>> };

/** Address fields take numbers, bytes or text; parsing gives text. */
type Textual<Value> = string extends Value ? string : Value;
