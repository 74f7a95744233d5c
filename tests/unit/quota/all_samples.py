"""All samples of well-formed header fields."""

from tests.unit.quota.generic_samples import GENERIC_SAMPLES
from tests.unit.quota.ietf_samples import IETF_SAMPLES
from tests.unit.quota.more_provider_samples import MORE_PROVIDER_SAMPLES
from tests.unit.quota.provider_samples import PROVIDER_SAMPLES

SAMPLES = [*PROVIDER_SAMPLES, *MORE_PROVIDER_SAMPLES, *GENERIC_SAMPLES, *IETF_SAMPLES]
