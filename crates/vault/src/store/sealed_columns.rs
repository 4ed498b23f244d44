//! The static registry of columns that hold sealed values.

/// A column that holds sealed values, and where the rest of the row says what they are bound to. Rotation and status walk
/// this list, and a test compares it with the schema. All parts are names of ours, so they may stand in a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedColumn {
    /// The table; its key is `id`.
    pub table: &'static str,
    /// The column with the sealed value, null where there is none.
    pub column: &'static str,
    /// The column with the id of the data key that sealed it.
    pub data_key: &'static str,
    /// The column with the owner's id; null is the installation itself, whose id is the nil UUID.
    pub owner: &'static str,
    /// What the context calls the provider: these columns with a slash between them.
    pub provider: &'static [&'static str],
    /// The column with the origin that the value may be sent to.
    pub origin: &'static str,
    /// The column with the version of the secret.
    pub version: &'static str,
}

/// Where the secrets of provider keys are.
pub const PROVIDER_KEY_SECRET: SealedColumn = SealedColumn {
    table: "provider_keys",
    column: "secret",
    data_key: "data_key_id",
    owner: "owner_id",
    provider: &["provider"],
    origin: "endpoint_origin",
    version: "secret_version",
};

/// Where the secrets of service credentials are.
pub const SERVICE_CREDENTIAL_SECRET: SealedColumn =
    SealedColumn { table: "service_credentials", provider: &["service", "credential_type"], ..PROVIDER_KEY_SECRET };

/// Every sealed column but the keyring itself. Each has an index on `(data_key, id)`.
pub const SEALED_COLUMNS: &[SealedColumn] = &[PROVIDER_KEY_SECRET, SERVICE_CREDENTIAL_SECRET];

impl SealedColumn {
    /// Values under a data key older than `$1`, after the place `($2, $3)`, at most `$4`, in the order of the index.
    pub(super) fn older_values(&self) -> String {
        let Self { table, column, data_key, owner, origin, version, .. } = self;
        let provider = self.provider.join(" || '/' || ");
        format!(
            "select id as record_id, tenant_id, {owner} as owner_id, {provider} as provider, {origin} as endpoint_origin, \
             {version} as secret_version, {data_key} as data_key_id, {column} as secret from {table} \
             where {data_key} < $1 and ({data_key}, id) > ($2, $3) order by {data_key}, id limit $4"
        )
    }
    /// How many values there are under which data key.
    pub(super) fn counts(&self) -> String {
        let Self { table, data_key, .. } = self;
        format!(
            "select {data_key} as data_key_id, count(*) as n from {table} where {data_key} is not null group by {data_key} order by {data_key}"
        )
    }
    /// How many values are under a data key older than `$1`.
    pub(super) fn older_count(&self) -> String {
        let Self { table, data_key, .. } = self;
        format!("select count(*) as n from {table} where {data_key} < $1")
    }
    /// Entries of the quarantine that still speak of what is stored: table `$1`, column `$2`.
    pub(super) fn quarantined(&self, what: &str, tail: &str) -> String {
        let Self { table, column, version, .. } = self;
        format!(
            "select {what} from quarantine q join {table} t on t.id = q.record_id and t.{version} = q.secret_version \
             where q.table_name = $1 and q.column_name = $2 and t.{column} is not null {tail}"
        )
    }
    /// Deletes entries of the quarantine that speak of what is not stored any more, and those of data keys older than `$3`
    /// that were not found again since `$4`.
    pub(super) fn forget_quarantine(&self) -> String {
        let Self { table, column, version, .. } = self;
        format!(
            "delete from quarantine where table_name = $1 and column_name = $2 and ((data_key_id < $3 and checked_at < $4) \
             or not exists (select 1 from {table} t where t.id = quarantine.record_id and t.{version} = quarantine.secret_version \
             and t.{column} is not null))"
        )
    }
}
