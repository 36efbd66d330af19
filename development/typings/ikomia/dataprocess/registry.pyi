from ikomia.dataprocess import CIkomiaRegistry

class IkomiaRegistry(CIkomiaRegistry): ...

ik_registry: IkomiaRegistry
