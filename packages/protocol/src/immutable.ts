type Primitive = string | number | bigint | boolean | null | undefined;

/** A message read: the same data, deeply read-only. */
export type Immutable<T> = T extends Primitive | Uint8Array
  ? T
  : T extends readonly (infer U)[]
    ? readonly Immutable<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

type Metadata = "$typeName" | "$unknown";

/** A message to be written: any of its fields, as plain data. A message read is one too. */
export type Init<T> = T extends number
  ? number
  : T extends Primitive | Uint8Array
    ? T
    : T extends readonly (infer U)[]
      ? readonly Init<U>[]
      : T extends { readonly $typeName: string }
        ? { readonly [K in keyof T as Exclude<K, Metadata>]?: Init<T[K]> | undefined }
        : T extends object
          ? { readonly [K in keyof T]: Init<T[K]> }
          : T;
