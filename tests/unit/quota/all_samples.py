"""All samples of well-formed header fields; those of `PUBLIC` need no dialect."""

from tests.unit.quota.field_samples import FIELD_SAMPLES
from tests.unit.quota.further_public_samples import FURTHER_PUBLIC_SAMPLES
from tests.unit.quota.generic_samples import GENERIC_SAMPLES
from tests.unit.quota.ietf_samples import IETF_SAMPLES
from tests.unit.quota.more_provider_samples import MORE_PROVIDER_SAMPLES
from tests.unit.quota.more_public_samples import MORE_PUBLIC_SAMPLES
from tests.unit.quota.provider_samples import PROVIDER_SAMPLES
from tests.unit.quota.public_samples import PUBLIC_SAMPLES

SAMPLES = [*PROVIDER_SAMPLES, *MORE_PROVIDER_SAMPLES, *GENERIC_SAMPLES, *IETF_SAMPLES]
PUBLIC = [*FIELD_SAMPLES, *PUBLIC_SAMPLES, *MORE_PUBLIC_SAMPLES, *FURTHER_PUBLIC_SAMPLES]
